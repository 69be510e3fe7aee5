"""Capacity: which appointments fit into which blocks (D1, D3, D10, D12, D13). Knows blocks and the shared domain only.

``ledger`` holds the blocks and occupants of a calendar. ``block_capacity`` turns a calendar into an assignment problem
and answers questions about blocks; the other files solve that problem and know nothing of blocks.

**The problem.** A *seat pool* has ``limit`` equal seats during an interval of time. A *demand* (an appointment or a
hold) needs one seat for an interval of time and may choose among some pools. A *placement* gives every demand one of
its pools. Its *overload* is the time, in seat-minutes, for which pools hold more demands than they have seats. The
model looks for the least overload; one more demand is admitted if the least overload stays the same. Demands already
present may change pools for that: an appointment has a seat, but not a certain one.

**Decomposition.** Time is cut into *cells* at every instant at which a demand or a pool begins or ends, so loads are
constant within a cell. Demands that neither overlap in time nor share a pool, directly or through others, belong to
different *components*, which are solved separately.

**The solver.** With pools to choose from and intervals to keep, the problem is hard in general, but days are small.
Effort rises step by step, and every answer is a proof:

1. ``first_fit`` places demands greedily by start; if all fit, the answer is yes.
2. ``solver`` searches with backjumping: it decides only demands in overloaded cells, and a dead end leads back to the
   decisions it depends on.
3. ``local_search`` moves single demands out of overloaded cells, with weights on the cells where it gets stuck.
4. ``dual_bound`` proves a lower bound by Lagrangian dual prices, which refuses the demand.
5. The search of step 2 once more, for longer.

Overload that is proven unavoidable is allowed for: per cell (Hall's theorem), then per group of cells. If no step
finds a placement or a proof, the demand is refused, so that nothing is oversold.
"""
