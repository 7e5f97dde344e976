-- Whether the reference of a checkout may be paid once only. Older rows get it by a default, which is fast for any
-- number of rows. Nodes of the release before do not write the column, so what they add may be paid again. A script of
-- its own: adding a column locks the table against readers, here only briefly and not until an index is made.
ALTER TABLE checkout ADD COLUMN single_payment boolean NOT NULL DEFAULT true;
ALTER TABLE checkout ALTER COLUMN single_payment SET DEFAULT false;
