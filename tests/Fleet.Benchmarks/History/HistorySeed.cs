using System.Text;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Server.Checkouts;
using Npgsql;

namespace Fleet.Benchmarks.History;

/// <summary>
/// A long history made in the database itself: an entry each second, every twentieth failed, every thousandth refunded,
/// every millionth by magnetic stripe.
/// Ten entries share a checkout, so that ten million take minutes to make and not an hour.
/// </summary>
internal static class HistorySeed
{
    public const string Merchant = "MBENCH01";

    private const string Marker = "11111111-1111-1111-1111-111111111111";

    private const int EntriesPerCheckout = 10, Minutes = 60;

    private static readonly DateTimeOffset Start = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static DateTimeOffset TimeOf(long entry) => Start.AddSeconds(entry);

    public static async Task Fill(NpgsqlDataSource source, int rows)
    {
        await Run(source, """
            INSERT INTO checkout (checkout_id, reader_id, state, valid_until, body)
            SELECT id, 'rdr_bench', 'successful', now(), replace($2, $3, id::text)
            FROM (SELECT lpad(to_hex(n), 32, '0')::uuid AS id FROM generate_series(0, $1) n) ids
            """, rows / EntriesPerCheckout, Body(), Marker);
        await Run(source, """
            INSERT INTO history (merchant_code, ref, kind, status, entry_mode, code, checkout_id, changed_at)
            SELECT $2, (lpad(to_hex($3 + n * 1000), 12, '0') || '7000' || '8' || lpad(to_hex(n), 15, '0'))::uuid,
                   'payment',
                   CASE WHEN n % 1000 = 7 THEN 'refunded' WHEN n % 20 = 3 THEN 'failed' ELSE 'successful' END,
                   CASE WHEN n % 1000000 = 500 THEN 'magstripe' WHEN n % 20 <> 3 THEN 'contactless' END,
                   'T' || lpad(to_hex(n), 11, '0'), lpad(to_hex(n / $4), 32, '0')::uuid,
                   CASE WHEN n % 1000 = 7 THEN to_timestamp(($3 + n * 1000) / 1000.0) END
            FROM generate_series(0::bigint, $1 - 1) n
            """, (long)rows, Merchant, Start.ToUnixTimeMilliseconds(), (long)EntriesPerCheckout);
        await Run(source, "ANALYZE");
    }

    private static string Body() => Encoding.UTF8.GetString(CheckoutBody.Write(new Checkout
    {
        Id = Guid.Parse(Marker),
        ClientTransactionId = Ids.ClientTransactionOf(Guid.Parse(Marker)),
        MerchantCode = Merchant,
        ReaderId = "rdr_bench",
        Terms = new() { Amount = new("EUR", 2, 1500), Description = "Two coffees" },
        Serial = "BENCH-1",
        Firmware = "3.3.40.3",
        AcceptedAt = Start,
        ValidUntil = Start.AddSeconds(60),
        UpdatedAt = Start.AddSeconds(20),
        EndedAt = Start.AddSeconds(20),
        State = CheckoutState.Successful,
    }).Text.Span);

    private static async Task Run(NpgsqlDataSource source, string sql, params object[] parameters)
    {
        await using var command = source.CreateCommand(sql);
        command.CommandTimeout = (int)TimeSpan.FromMinutes(Minutes).TotalSeconds;
        foreach (var parameter in parameters) command.Parameters.AddWithValue(parameter);
        await command.ExecuteNonQueryAsync();
    }
}
