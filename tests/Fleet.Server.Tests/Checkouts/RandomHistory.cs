using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Core.Transactions;
using Fleet.Server.Checkouts;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>Histories of readers in which everything happens that can, written straight to the ledger.</summary>
internal static class RandomHistory
{
    private const int Payments = 12;

    /// <summary>Payments of one reader that end in all ways, over midnight, with disputes and refunds.</summary>
    /// <param name="fleet">The node.</param>
    /// <param name="seed">Of the random numbers, and in the id of the reader.</param>
    /// <param name="now">When they begin.</param>
    public static async Task Live(FleetApp fleet, int seed, DateTimeOffset now)
    {
        var (random, ledger) = (new Random(seed), fleet.Services.GetRequiredService<ILedger>());
        var reader = new Reader
        {
            Id = $"rdr_{seed}", MerchantCode = FleetApp.Merchant, Device = new($"S-{seed}", "virtual-solo", "1"),
            Online = true, Store = seed % 2 == 0 ? "north" : "south",
        };
        for (var payment = 0; payment < Payments; payment++)
        {
            var id = Guid.CreateVersion7(now);
            var terms = new CheckoutTerms { Amount = new("EUR", 2, 100 + random.Next(900)), TipRates = [0.10m] };
            await Do(one => ReaderRules.StartCheckout(one, new(id, Ids.ClientTransactionOf(id), terms), now));
            if (random.Next(4) > 0) await Do(one => ReaderRules.GrantStart(one, id, now), within: 90);
            DeviceReport[] ends =
            [
                new(CheckoutState.Successful, null, terms.Amount.Value),
                new(CheckoutState.Successful, null, terms.Amount.Value, terms.Amount.Value / 10),
                new(CheckoutState.Failed, Reason.Declined), new(CheckoutState.Cancelled, Reason.CustomerCancelled),
            ];
            for (var report = random.Next(1, 4); report > 0; report--)
                await Do(one => ReaderRules.TakeReport(one, one.Latest, ends[random.Next(4)], now));
            await Do(one => ReaderRules.ExpireCheckout(one, now.AddSeconds(61)));
            if (random.Next(4) == 0) await Do(one => ReaderRules.TakeReport(one, one.Latest, ends[2], now));
            for (var refund = random.Next(3); refund > 0; refund--)
                await Do(one => RefundRules.RefundPayment(
                    one.Latest, new(Guid.NewGuid(), id, random.Next(1, 90), Sandbox: true), now));
        }

        async Task Do(Func<Reader, Decision> ask, int within = 900)
        {
            now = now.AddSeconds(random.Next(within));
            var events = ask(reader).Events;
            if (events.IsEmpty) return;
            Assert.Equal(AppendOutcome.Appended, await ledger.AppendEvents(new(reader.Id, reader.Version, events)));
            reader = Reader.ApplyEvents(reader, events);
        }
    }
}
