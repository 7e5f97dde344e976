using Fleet.Core.Checkouts;
using Fleet.Core.Readers;

namespace Fleet.Core.Cloud;

/// <summary>
/// The rules for what reads of the cloud prove. A charge is believed only if amount, tip, currency and merchant are
/// those that were asked for, and no part of the cloud denies it.
/// </summary>
public static class EvidenceRules
{
    /// <summary>
    /// The earliest time after the attempt at which a read may prove that it never started. A payment that the cloud
    /// has taken is on the reader within seconds, and waits about a minute for a card.
    /// </summary>
    public static readonly TimeSpan UnstartedAfter = TimeSpan.FromSeconds(120);

    /// <summary>Weighs what was read about a checkout.</summary>
    /// <param name="checkout">The checkout, as the ledger has it.</param>
    /// <param name="findings">The newest read of each source that was asked.</param>
    /// <param name="status">The reader's status; null when it was not read, or could not be.</param>
    /// <param name="now">The time.</param>
    public static Evidence Weigh(
        Checkout checkout, IReadOnlyList<CloudFinding> findings, CloudReaderStatus? status, DateTimeOffset now)
    {
        if (checkout.Cloud is not { } attempt) return Evidence.NothingKnown;
        var found = findings.Where(finding => finding.Result is ReadResult.Found).ToList();
        // Where the cloud's ids lead to the payment of another attempt, its other answers may be about that, too.
        if (found.Exists(finding => attempt.IsDeniedBy(finding.ForeignId)))
        {
            found.RemoveAll(finding => finding.ForeignId != attempt.ForeignId);
            findings = [.. found];
        }
        if (found.Count == 0)
            return IsUnstarted(attempt, findings, status, now) ? Evidence.NotStarted : Evidence.NothingKnown;
        var ids = found.Select(finding => finding.Ids ?? new()).Aggregate((all, next) => all.FillFrom(next));
        var weighed = found.Any(finding => finding.Charged) ? WeighCharge(checkout, found)
            : IsOver(findings) ? new(EvidenceKind.Report, EndRules.DescribeEnd(checkout, findings))
            : new(EvidenceKind.StillOpen);
        return weighed with { Ids = ids.KeepReadable() };
    }

    /// <summary>
    /// Whether the payment is over without a charge. The checkout of the cloud decides. While that goes on, or cannot
    /// be read, a transaction that failed may be followed by another one: the customer may try a second card. While a
    /// transaction goes on, it may still charge, whatever the checkout says.
    /// </summary>
    private static bool IsOver(IReadOnlyList<CloudFinding> findings)
    {
        var checkouts = findings.Where(finding => finding.Source is CloudSource.Checkout).ToList();
        if (findings.Any(finding => finding is { Result: ReadResult.Found, Status: CloudStatus.Pending }
            && finding.Source is not CloudSource.Checkout)) return false;
        if (checkouts.Any(finding => finding.Ended)) return true;
        return checkouts.All(finding => finding.Result is ReadResult.NotFound)
            && findings.Where(finding => finding.Result is ReadResult.Found).All(finding => finding.Ended);
    }

    private static Evidence WeighCharge(Checkout checkout, List<CloudFinding> found)
    {
        var charges = found.Where(finding => finding.Charged).ToList();
        var paid = charges.Find(finding => finding.Source is CloudSource.Transaction)
            ?? charges.Find(finding => finding.Source is CloudSource.History) ?? charges[0];
        if (paid.Amount is not { } amount) return new(EvidenceKind.StillOpen);
        // Only the transaction tells a tip, and the cloud may show it later than the outcome of the checkout.
        if (paid.Source is CloudSource.Checkout && checkout.Terms.TipRates.Count > 0)
            return new(EvidenceKind.StillOpen);
        var tip = TipOf(checkout, paid, amount);
        var net = paid.Source is CloudSource.Checkout ? amount.Value : amount.Value - tip;
        var report = new DeviceReport(CheckoutState.Successful, null, net, tip, CardOf(charges));
        var differs = DifferencesOf(checkout, report, charges, found);
        return differs.Count == 0
            ? new(EvidenceKind.Report, report)
            : new(EvidenceKind.Mismatch, report, Differs: string.Join(", ", differs));
    }

    /// <summary>The tip. A source that does not tell it charged the tip on top of what was asked for.</summary>
    private static long TipOf(Checkout checkout, CloudFinding paid, Money charged)
    {
        if (paid.Source is CloudSource.Checkout) return 0;
        if (paid.Tip is { } told) return told;
        var more = charged.Value - checkout.Terms.Charge.Value;
        return checkout.Terms.AllowsTip(more) ? more : 0;
    }

    private static List<string> DifferencesOf(
        Checkout checkout, DeviceReport report, List<CloudFinding> charges, List<CloudFinding> found)
    {
        var asked = checkout.Terms.Charge;
        var differs = new List<string>();
        if (report.Amount != asked.Value || charges.Any(one => one.Amount is { } read && IsOtherUnit(read, asked)))
            differs.Add("amount");
        if (!checkout.Terms.AllowsTip(report.Tip)) differs.Add("tip");
        if (charges.Any(one => one.Amount is { } read && read.Currency != asked.Currency)) differs.Add("currency");
        if (charges.Any(one => one.MerchantCode is { } read && read != checkout.MerchantCode)) differs.Add("merchant");
        if (IsDenied(found)) differs.Add("outcome");
        return differs;
    }

    /// <summary>
    /// Whether one part of the cloud has the charge, and another says that the payment ended without it. Of several
    /// transactions of one checkout the first ones may have failed.
    /// </summary>
    private static bool IsDenied(List<CloudFinding> found)
    {
        var checkout = found.Find(finding => finding.Source is CloudSource.Checkout);
        var others = found.FindAll(finding => finding.Source is not CloudSource.Checkout);
        return checkout is { Charged: true }
            ? others.Count > 0 && others.TrueForAll(finding => finding.Ended)
            : checkout is { Ended: true };
    }

    private static bool IsOtherUnit(Money read, Money asked) =>
        read.Currency == asked.Currency && read.MinorUnit != asked.MinorUnit;

    private static Transactions.CardRead? CardOf(List<CloudFinding> charges) =>
        charges.Select(finding => finding.Card).FirstOrDefault(card => card is not null);

    /// <summary>
    /// Whether the attempt never started: nothing was found anywhere, and the reader is online and has nothing to do,
    /// all read long enough after the attempt. Times are compared as they are: a clock that was set back must not end a
    /// payment too early.
    /// </summary>
    private static bool IsUnstarted(
        CloudAttempt attempt, IReadOnlyList<CloudFinding> findings, CloudReaderStatus? status, DateTimeOffset now)
    {
        var from = attempt.SentAt + UnstartedAfter;
        return now >= from && findings.Any(finding => finding.Source is not CloudSource.Checkout)
            && (attempt.CheckoutId is null || findings.Any(finding => finding.Source is CloudSource.Checkout))
            && findings.All(finding => finding.Result is ReadResult.NotFound && finding.ReadAt >= from)
            && status is { Online: true, IsIdle: true } && status.ReadAt >= from;
    }
}
