using System.Runtime.CompilerServices;
using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Cloud;
using Fleet.Core.Readers;
using Fleet.Server.Access;
using Fleet.Server.Grains;
using Fleet.Server.Stores;

namespace Fleet.Server.Api;

/// <summary>Takes over the readers that SumUp's cloud has for a merchant. Each has its own result.</summary>
internal sealed class CloudAdoption(IGrainFactory grains, ReaderQueries queries, AuditLog audit, TimeProvider time)
{
    /// <summary>What one portion of readers may take.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(8);

    private static readonly Refusal NotLinked =
        Refusal.InvalidFields([new("merchant_code", "has no account at SumUp: link it first")]);

    private IFleetGatewayGrain Gateway => grains.GetGrain<IFleetGatewayGrain>(0);

    /// <summary>The readers that the cloud has, or why they are not known.</summary>
    public async Task<(IReadOnlyList<ListedReader> Listed, Refusal? Refusal)> ListReaders(MerchantScope merchant)
    {
        var account = grains.GetGrain<ICloudAccountGrain>(merchant.Code);
        if (!await account.IsLinked()) return ([], NotLinked);
        return await account.ListReaders() is { } listed ? (listed, null) : ([], Refusal.ProviderUnavailable);
    }

    /// <summary>Adopts readers, portion by portion.</summary>
    /// <param name="merchant">Whose readers they are.</param>
    /// <param name="listed">The readers.</param>
    /// <param name="order">What those that are new get.</param>
    /// <param name="dryRun">Whether to say only what would happen.</param>
    /// <param name="cancel">Ends it before the next portion.</param>
    public async IAsyncEnumerable<AdoptResult> AdoptAll(
        MerchantScope merchant, IReadOnlyList<ListedReader> listed, AdoptOrder order, bool dryRun,
        [EnumeratorCancellation] CancellationToken cancel)
    {
        var known = await FindKnown(merchant, cancel);
        var changed = false;
        foreach (var portion in listed.Chunk(FanOut.AtOnce))
        {
            cancel.ThrowIfCancellationRequested();
            foreach (var one in portion)
            {
                if (known.TryGetValue(one.Id, out var reader)) yield return new(one, Adoption.Known, reader);
            }
            var others = portion.Where(one => !known.ContainsKey(one.Id)).ToList();
            foreach (var (one, outcome) in others.Zip(await AdoptSome(merchant, others, order, dryRun)))
            {
                var (kind, reader, refusal) = outcome.Result ?? new(Adoption.New);
                changed |= !dryRun && refusal is null && kind is Adoption.New or Adoption.PairedAnew;
                yield return new(one, kind, reader?.Id, outcome.Error, refusal);
            }
        }
        if (changed) await grains.GetGrain<ICloudAccountGrain>(merchant.Code).CompareSoon();
    }

    /// <summary>The readers with a pairing that is as the cloud says; all others are looked at one by one.</summary>
    private async Task<Dictionary<string, string>> FindKnown(MerchantScope merchant, CancellationToken cancel)
    {
        var (readers, refusal) = await queries.ListSnapshots(merchant.Reach, cancel);
        if (refusal is not null) return [];
        return readers.Where(reader => reader is { Status: PairingStatus.Paired, Pairing.CloudReaderId: not null })
            .DistinctBy(reader => reader.Pairing.CloudReaderId)
            .ToDictionary(reader => reader.Pairing.CloudReaderId ?? "", reader => reader.Id);
    }

    /// <summary>It is decided first: the audit has no row about what is refused, or is so already.</summary>
    private async Task<IReadOnlyList<CallOutcome<AdoptReply>>> AdoptSome(
        MerchantScope merchant, List<ListedReader> listed, AdoptOrder order, bool dryRun)
    {
        var orders = listed.ConvertAll(one => new AdoptReader(RandomIds.NewReaderId(), merchant.Reach,
            AdoptionRules.MakeProfile(one, merchant.Reach, order.Store, order.Tags, time.Now())));
        var tried = await Gateway.AdoptReaders(orders, dryRun: true, Deadline);
        if (dryRun) return tried;
        var fit = orders.Where((_, i) => Fits(tried[i])).ToList();
        await Task.WhenAll(orders.Zip(tried).Where(one => Fits(one.Second)).Select(one => audit.RecordCall(
            merchant.Caller, AuditAction.ReaderAdopt, one.Second.Result?.Reader?.Id ?? one.First.ReaderId,
            one.First.Wanted.CloudReaderId ?? "")));
        var done = new Queue<CallOutcome<AdoptReply>>(await Gateway.AdoptReaders(fit, dryRun: false, Deadline));
        return [.. tried.Select(outcome => Fits(outcome) ? done.Dequeue() : outcome)];

        static bool Fits(CallOutcome<AdoptReply> outcome) => outcome is
        { Error: null, Result: { Refusal: null, Kind: Adoption.New or Adoption.PairedAnew or Adoption.Known } };
    }
}

/// <summary>What readers that are new get.</summary>
internal sealed record AdoptOrder(string Store, IReadOnlyList<string> Tags);

/// <summary>What became of one reader of the cloud.</summary>
/// <param name="Listed">The cloud's reader.</param>
/// <param name="Kind">What it is for Fleet.</param>
/// <param name="ReaderId">The reader of Fleet; null while there is none.</param>
/// <param name="Error">Why it is not known what became of it.</param>
/// <param name="Refusal">Why it was not adopted.</param>
internal sealed record AdoptResult(
    ListedReader Listed, Adoption Kind, string? ReaderId, string? Error = null, Refusal? Refusal = null);
