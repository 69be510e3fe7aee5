"""The text of messages and the providers that send them: SES, SNS, SQS, Microsoft Graph."""
