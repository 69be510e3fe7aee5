"""Free times: what is offered, why a time is not free, holds, and where a booking goes."""
