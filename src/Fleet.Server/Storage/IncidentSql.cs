namespace Fleet.Server.Storage;

/// <summary>The statements about incidents, which both databases understand.</summary>
internal static class IncidentSql
{
    /// <summary>The columns that a new incident has, in the order in which writers pass the values.</summary>
    public const string NewColumns = """
        incident_id, kind, subject, merchant_code, store, reader_id, serial, checkout_id, host, day, detail, opened_at,
        last_seen_at
        """;

    /// <summary>The end of an insert: an open incident is counted up, once for each time at which it is seen.</summary>
    public const string OrCount = """
        ON CONFLICT (kind, subject) WHERE resolved_at IS NULL DO UPDATE
            SET count = incident.count + 1, last_seen_at = excluded.last_seen_at, detail = excluded.detail
            WHERE incident.last_seen_at < excluded.last_seen_at
        """;

    /// <summary>All columns, in the order in which they are read.</summary>
    public const string Columns =
        $"{NewColumns}, count, owner, notes, resolution, resolved_at, resolved_by, ver";

    public const string Insert = $"""
        INSERT INTO incident ({NewColumns})
        VALUES (@id, @kind, @subject, @merchant, @store, @reader, @serial, @checkout, @host, @day, @detail, @opened,
            @seen)
        {OrCount}
        """;

    public const string Resolved =
        "SELECT 1 FROM incident WHERE kind = @kind AND subject = @subject AND resolved_at >= @since LIMIT 1";

    public const string Save = """
        UPDATE incident SET owner = @owner, notes = @notes, resolution = @resolution, resolved_at = @resolved,
            resolved_by = @by, ver = @ver
        WHERE incident_id = @id AND ver = @ver - 1
        """;

    /// <summary>With both states the few rows of the index one_open are read, and no others.</summary>
    public const string Overlong = """
        SELECT body FROM checkout c
        WHERE state IN ('accepted', 'started') AND state = 'started' AND valid_until < @before AND NOT EXISTS (
            SELECT 1 FROM incident i WHERE i.checkout_id = c.checkout_id AND i.kind = 'unknown_outcome')
        ORDER BY valid_until LIMIT @limit
        """;

    public const string Untold = $"""
        SELECT {Columns}, opened_told FROM incident
        WHERE NOT opened_told OR (resolved_at IS NOT NULL AND NOT resolved_told) ORDER BY incident_id LIMIT @limit
        """;

    public const string AddWebhook = """
        INSERT INTO outbox (event_id, merchant_code, host, url, body, at, next_at)
        VALUES (@id, @merchant, @host, @url, @body, @at, @at)
        """;

    /// <summary>The time of a dead row is the end of its last lease.</summary>
    public const string GivenUp = """
        SELECT merchant_code, host, max(next_at) FROM (
            SELECT merchant_code, host, next_at FROM outbox
            WHERE state <> 'waiting' AND state = 'dead' AND next_at > @from AND next_at <= @to
            ORDER BY next_at DESC LIMIT @limit) AS lately
        GROUP BY merchant_code, host
        """;

    /// <summary>Deliveries of one merchant, and events of one reader, that are looked at.</summary>
    private const int MaxDeliveries = 1_000, MaxEvents = 100;

    public static readonly string Delivered = $"""
        SELECT 1 FROM (
            SELECT host, next_at FROM outbox WHERE merchant_code = @merchant AND state = 'delivered'
            ORDER BY at DESC, event_id DESC LIMIT {MaxDeliveries}) AS lately
        WHERE host = @host AND next_at > @seen AND next_at <= @before LIMIT 1
        """;

    public static readonly string Taken = $"""
        SELECT 1 FROM (
            SELECT kind, at FROM ledger WHERE reader_id = @reader ORDER BY ver DESC LIMIT {MaxEvents}) AS lately
        WHERE at > @seen AND kind IN ('confirmed', 'succeeded', 'failed') LIMIT 1
        """;
}
