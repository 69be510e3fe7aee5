"""The one DynamoDB table: keys, rows, transactions, lists."""
