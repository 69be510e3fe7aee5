"""Free times: the starts that can be booked, why others cannot, holds, and where a booking goes.

May import capacity, appointments, organisation, quickstream and the shared domain.
"""
