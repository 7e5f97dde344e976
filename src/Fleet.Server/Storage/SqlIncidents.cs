using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Incidents;
using Fleet.Core.Readers;
using Fleet.Server.Checkouts;
using Fleet.Server.Incidents;
using Fleet.Server.Webhooks;

namespace Fleet.Server.Storage;

/// <summary>Incidents, in SQL that both databases understand.</summary>
internal sealed class SqlIncidents(Database database) : IIncidents
{
    public async Task NoteOccurrence(Occurrence seen, DateTimeOffset now)
    {
        var (kind, subject) = (seen.Kind.ToWireName(), seen.Subject);
        if (seen.Since is { } since && await Exists(IncidentSql.Resolved, CancellationToken.None,
            ("kind", kind), ("subject", subject.Key), ("since", since))) return;
        var incident = IncidentRules.Open(seen, now);
        await database.ChangeRows(new Statement(IncidentSql.Insert,
            ("id", incident.Id), ("kind", kind), ("subject", subject.Key), ("merchant", subject.MerchantCode),
            ("store", subject.Store), ("reader", subject.ReaderId), ("serial", subject.Serial),
            ("checkout", subject.CheckoutId), ("host", subject.Host), ("day", subject.Day),
            ("detail", incident.Detail), ("opened", incident.OpenedAt), ("seen", incident.LastSeenAt)));
    }

    public async Task<Incident?> FindIncident(Guid id, CancellationToken cancel) =>
        (await database.ReadRows($"SELECT {IncidentSql.Columns} FROM incident WHERE incident_id = @id", IncidentOf,
            cancel, ("id", id))).SingleOrDefault();

    public Task<IReadOnlyList<Incident>> ListIncidents(IncidentPage page, CancellationToken cancel)
    {
        List<(string Name, object? Value)> parameters = [("limit", page.Limit)];
        var filters = Filter("merchant_code", page.MerchantCode) + Filter("store", page.Store)
            + Filter("serial", page.Serial) + Filter("kind", page.Kind?.ToWireName()) + Filter("owner", page.Owner)
            + Filter("opened_at", page.Since, ">=") + Filter("incident_id", page.Before, "<")
            + page.IsOpen switch
            {
                true => " AND resolved_at IS NULL",
                false => " AND resolved_at IS NOT NULL",
                null => "",
            };
        return database.ReadRows(
            $"SELECT {IncidentSql.Columns} FROM incident WHERE TRUE{filters} ORDER BY incident_id DESC LIMIT @limit",
            IncidentOf, cancel, [.. parameters]);

        string Filter(string column, object? value, string compare = "=")
        {
            if (value is null) return "";
            parameters.Add((column, value));
            return $" AND {column} {compare} @{column}";
        }
    }

    public Task<bool> SaveIncident(Incident next) => database.ChangeRows(new Statement(IncidentSql.Save,
        ("id", next.Id), ("owner", next.Owner), ("notes", WriteNotes(next.Notes)), ("resolution", next.Resolution),
        ("resolved", next.ResolvedAt), ("by", next.ResolvedBy), ("ver", next.Version)));

    public async Task<IReadOnlyDictionary<IncidentKind, int>> CountOpen(CancellationToken cancel) =>
        (await database.ReadRows("SELECT kind, count(*) FROM incident WHERE resolved_at IS NULL GROUP BY kind",
            row => (Kind: SnakeCase.ReadMember<IncidentKind>(row.GetString(0)), Count: (int)row.GetInt64(1)), cancel))
        .AggregateBy(one => one.Kind, 0, (sum, one) => sum + one.Count).ToDictionary();

    public Task<IReadOnlyList<UntoldIncident>> ListUntold(int limit, CancellationToken cancel) => database.ReadRows(
        IncidentSql.Untold, row => new UntoldIncident(IncidentOf(row), Resolved: row.GetBoolean(20)), cancel,
        ("limit", limit));

    public Task<bool> MarkTold(UntoldIncident untold, WebhookEvent? webhook)
    {
        var told = untold.Resolved ? "resolved_told" : "opened_told";
        var mark = new Statement($"UPDATE incident SET {told} = TRUE WHERE incident_id = @id AND NOT {told}",
            ("id", untold.Incident.Id));
        return webhook is null ? database.ChangeRows(mark) : database.ChangeRows(mark, new(IncidentSql.AddWebhook,
            ("id", webhook.Id), ("merchant", webhook.MerchantCode), ("host", webhook.Host), ("url", webhook.Url),
            ("body", webhook.Body), ("at", webhook.At)));
    }

    public Task<IReadOnlyList<Checkout>> ListOverlong(
        DateTimeOffset acceptedBefore, int limit, CancellationToken cancel) =>
        database.ReadRows(IncidentSql.Overlong, row => StorageJson.CheckoutOf(row.GetString(0)), cancel,
            ("before", acceptedBefore + ReaderRules.Window), ("limit", limit));

    public Task<IReadOnlyList<Occurrence>> ListGivenUpHosts(
        DateTimeOffset from, DateTimeOffset to, int limit, CancellationToken cancel) =>
        database.ReadRows(IncidentSql.GivenUp,
            row => Occurrence.ForHost(row.GetString(0), row.GetString(1), database.ReadTime(row, 2)), cancel,
            ("from", from), ("to", to), ("limit", limit));

    public Task<bool> WasDelivered(Incident incident, DateTimeOffset before, CancellationToken cancel) =>
        Exists(IncidentSql.Delivered, cancel, ("merchant", incident.Subject.MerchantCode),
            ("host", incident.Subject.Host), ("seen", incident.LastSeenAt), ("before", before));

    public Task<bool> WasTaken(Incident incident, CancellationToken cancel) => Exists(
        IncidentSql.Taken, cancel, ("reader", incident.Subject.ReaderId), ("seen", incident.LastSeenAt));

    public Task ForgetResolved(DateTimeOffset before, int limit, CancellationToken cancel) =>
        database.ReadRows($"""
            DELETE FROM incident WHERE incident_id IN (
                SELECT incident_id FROM incident WHERE resolved_at < @before ORDER BY resolved_at LIMIT @limit
                {database.SkipLocked})
            RETURNING 1
            """, _ => 1, cancel, ("before", before), ("limit", limit));

    private async Task<bool> Exists(
        string sql, CancellationToken cancel, params (string Name, object? Value)[] parameters) =>
        (await database.ReadRows(sql, _ => 1, cancel, parameters)).Count > 0;

    private static string WriteNotes(IReadOnlyList<IncidentNote> notes) =>
        JsonSerializer.Serialize(notes, IncidentNotesJson.Default.IReadOnlyListIncidentNote);

    private Incident IncidentOf(DbDataReader row) => new()
    {
        Id = database.ReadId(row, 0),
        Kind = SnakeCase.ReadMember<IncidentKind>(row.GetString(1)),
        Subject = new()
        {
            MerchantCode = row.GetString(3),
            Store = row.ReadText(4),
            ReaderId = row.ReadText(5),
            Serial = row.ReadText(6),
            CheckoutId = row.IsDBNull(7) ? null : database.ReadId(row, 7),
            Host = row.ReadText(8),
            Day = row.ReadText(9),
        },
        Detail = row.GetString(10),
        OpenedAt = database.ReadTime(row, 11),
        LastSeenAt = database.ReadTime(row, 12),
        Count = row.GetInt32(13),
        Owner = row.ReadText(14),
        Notes = JsonSerializer.Deserialize(row.GetString(15), IncidentNotesJson.Default.IReadOnlyListIncidentNote)
            ?? [],
        Resolution = row.ReadText(16),
        ResolvedAt = row.IsDBNull(17) ? null : database.ReadTime(row, 17),
        ResolvedBy = row.ReadText(18),
        Version = row.GetInt32(19),
    };
}

/// <summary>The JSON of notes in the database. Members may be added, but must never be renamed.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(IReadOnlyList<IncidentNote>))]
internal sealed partial class IncidentNotesJson : JsonSerializerContext;
