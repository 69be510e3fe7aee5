"""Messages in words and the providers that carry them: SES, SNS, SQS, Microsoft Graph."""
