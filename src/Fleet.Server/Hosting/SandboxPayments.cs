using System.Globalization;
using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Server.Api;
using Fleet.Server.Checkouts;

namespace Fleet.Server.Hosting;

/// <summary>Prints one line for each payment of the sandbox merchant, when it has ended.</summary>
internal sealed class SandboxPayments(ChangeFeed feed, SandboxReaders readers, TextWriter output)
{
    /// <summary>Prints until <paramref name="cancel"/>; lines that were missed are not made up for.</summary>
    public async Task PrintAll(CancellationToken cancel)
    {
        while (true)
        {
            using var watch = feed.OpenWatch(SandboxMerchant.Code);
            while (await watch.NextEvent(cancel) is { } happened)
            {
                if (happened.IsEnd) await output.WriteLineAsync(LineOf(happened.Checkout).AsMemory(), cancel);
            }
        }
    }

    private string LineOf(Checkout checkout)
    {
        var money = checkout.Terms.Charge;
        var reader = readers.All.Select(one => one.Snapshot)
            .FirstOrDefault(one => one.ReaderId == checkout.ReaderId)?.Name ?? checkout.ReaderId;
        var reason = checkout.Reason is { } why ? $", {why.ToWireName()}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{checkout.UpdatedAt:HH:mm:ss} UTC  "
            + $"{money.TextOf(money.Value)} on {reader}: "
            + $"{checkout.StateWord}{reason}  ({checkout.Id})");
    }
}
