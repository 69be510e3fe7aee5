"""What is remembered, and how: one DynamoDB table."""
