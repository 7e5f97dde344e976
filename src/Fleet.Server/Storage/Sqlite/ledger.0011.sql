-- Until when the customer of a checkout must have paid; null for no such limit. Nodes of the release before do not write
-- it, so a checkout that they accept has none.
ALTER TABLE checkout ADD COLUMN deadline INTEGER;
