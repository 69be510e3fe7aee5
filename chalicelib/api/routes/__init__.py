"""One room of route declarations per room of use cases; a handler calls one use case."""
