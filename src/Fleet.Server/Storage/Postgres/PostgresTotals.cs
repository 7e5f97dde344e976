using System.Security.Cryptography;
using System.Text;
using Fleet.Core;
using Fleet.Core.Readers;
using Fleet.Core.Transactions;
using Npgsql;
using NpgsqlTypes;

namespace Fleet.Server.Storage.Postgres;

/// <summary>
/// The part of a group that changes totals. It is the last one that locks rows, and locks them in sorted order, so that
/// the groups of two writers cannot deadlock. Each writer has a slot, so they rarely wait for each other.
/// </summary>
internal static class PostgresTotals
{
    /// <summary>Slots: few enough to be summed up, and so many that few nodes share one.</summary>
    private const int Slots = 256;

    private const string Add = """
        INSERT INTO total AS t (merchant_code, day, store, currency, kind, count, amount, tips, slot)
        SELECT r.*, $9
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
            $8::bigint[])
            AS r (merchant_code, day, store, currency, kind, count, amount, tips)
        ORDER BY merchant_code COLLATE "C", day COLLATE "C", store COLLATE "C", currency COLLATE "C", kind COLLATE "C"
        ON CONFLICT (merchant_code, day, store, currency, kind, slot) DO UPDATE
            SET count = t.count + excluded.count, amount = t.amount + excluded.amount, tips = t.tips + excluded.tips
        """;

    /// <summary>The slot of a writer of a node.</summary>
    public static int SlotOf(string node, int writer) =>
        (SHA256.HashData(Encoding.UTF8.GetBytes(node))[0] + writer) % Slots;

    /// <summary>The command for the events of a group; null when they change no total.</summary>
    public static NpgsqlBatchCommand? BuildTotals(IEnumerable<ReaderEvent> events, int slot)
    {
        var sums = new Dictionary<TotalKey, TotalSum>();
        foreach (var (key, sum) in events.SelectMany(Totals.FromEvent)) sums[key] = sums.GetValueOrDefault(key) + sum;
        if (sums.Count == 0) return null;
        var rows = sums.ToList();
        var command = new NpgsqlBatchCommand(Add)
            .WithColumn(rows, NpgsqlDbType.Text, row => row.Key.MerchantCode)
            .WithColumn(rows, NpgsqlDbType.Text, row => SqlTotals.DayOf(row.Key.Day))
            .WithColumn(rows, NpgsqlDbType.Text, row => row.Key.Store)
            .WithColumn(rows, NpgsqlDbType.Text, row => row.Key.Currency)
            .WithColumn(rows, NpgsqlDbType.Text, row => row.Key.Kind.ToWireName())
            .WithColumn(rows, NpgsqlDbType.Bigint, row => row.Value.Count)
            .WithColumn(rows, NpgsqlDbType.Bigint, row => row.Value.Amount)
            .WithColumn(rows, NpgsqlDbType.Bigint, row => row.Value.Tips);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = slot });
        return command;
    }
}
