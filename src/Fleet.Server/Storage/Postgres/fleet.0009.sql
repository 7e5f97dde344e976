-- Whether the reference of a checkout may be paid once only. Rows from before get it by a default, which costs nothing
-- however many there are. Nodes of the release before do not write it, and what they add may be paid again.
-- A script of its own: who adds a column keeps readers out, here for a moment and not until an index is made.
ALTER TABLE checkout ADD COLUMN single_payment boolean NOT NULL DEFAULT true;
ALTER TABLE checkout ALTER COLUMN single_payment SET DEFAULT false;
