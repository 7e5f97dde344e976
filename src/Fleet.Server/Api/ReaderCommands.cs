using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Server.Access;
using Fleet.Server.Grains;
using Fleet.Server.Stores;

namespace Fleet.Server.Api;

/// <summary>
/// What a merchant may do with one of its readers, over whatever channel. The reader is looked for, the audit is told,
/// then it is done: a reader beyond the key's reach has no row in the audit.
/// </summary>
internal sealed class ReaderCommands(
    ReaderGrainFactory readers, ReaderPairing pairing, PairingGuessLimiter guesses, AuditLog audit)
{
    /// <summary>Pairs a device as a new reader of a store.</summary>
    /// <returns>
    /// The reply; or null, and how long the key must wait that has tried too many wrong codes: nothing was tried.
    /// </returns>
    public async Task<(PairReply? Reply, TimeSpan Locked)> PairReader(
        MerchantScope merchant, IStoreGrain store, PairReader order)
    {
        var caller = merchant.Caller;
        if (guesses.TimeToWait(caller.KeyId) is var wait && wait > TimeSpan.Zero) return (null, wait);
        await audit.RecordCall(caller, AuditAction.ReaderPair, order.ReaderId);
        var reply = await pairing.PairReader(store, order);
        guesses.CountAttempt(caller.KeyId, reply);
        return (reply, TimeSpan.Zero);
    }

    /// <summary>The reader, or null when the key does not reach it.</summary>
    public async Task<ReaderSnapshot?> FindReader(MerchantScope merchant, string readerId, CancellationToken cancel)
    {
        if (!Ids.IsReader(readerId)) return null;
        var reader = readers[readerId];
        return await Failover.CallWithRetry(() => reader.GetReader(merchant.Reach), cancel);
    }

    /// <summary>Moves a reader, if it is in another store, and changes what is told of it.</summary>
    /// <param name="merchant">Whose reader it is.</param>
    /// <param name="readerId">Its id.</param>
    /// <param name="change">What to change.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<(ReaderSnapshot? Reader, Refusal? Refusal)> UpdateReader(
        MerchantScope merchant, string readerId, ProfileChange change, CancellationToken cancel)
    {
        if (await FindReader(merchant, readerId, cancel) is not { } known) return (null, Refusal.NotFound);
        if (change.Store is { } store && store != known.Pairing.Store
            && await MoveKnown(merchant, readerId, store, null, cancel) is { } refusal) return (null, refusal);
        await audit.RecordCall(merchant.Caller, AuditAction.ReaderUpdate, readerId, change.Fields);
        var reader = readers[readerId];
        var updated = await Failover.CallWithRetry(
            () => reader.UpdateProfile(merchant.Reach, change.Name, change.Metadata), cancel);
        return (updated, updated is null ? Refusal.NotFound : null);
    }

    /// <summary>Moves a reader to a store, replaces its tags, or both; null leaves each as it is.</summary>
    public async Task<Refusal?> MoveReader(
        MerchantScope merchant, string readerId, string? store, IReadOnlyList<string>? tags,
        CancellationToken cancel) =>
        await FindReader(merchant, readerId, cancel) is null
            ? Refusal.NotFound
            : await MoveKnown(merchant, readerId, store, tags, cancel);

    /// <summary>
    /// Deletes a reader. Not made again by itself: after a first call that worked, the second would find nothing.
    /// </summary>
    public async Task<Refusal?> RemoveReader(MerchantScope merchant, string readerId, CancellationToken cancel)
    {
        if (await FindReader(merchant, readerId, cancel) is null) return Refusal.NotFound;
        await audit.RecordCall(merchant.Caller, AuditAction.ReaderDelete, readerId);
        return await pairing.UnpairReader(merchant.Reach, readerId);
    }

    /// <summary>
    /// Tells the audit of one change among many that is about to be made; the end of a checkout is told by the ledger.
    /// </summary>
    public Task RecordChange(MerchantScope merchant, ReaderChange change) => change.Kind is ChangeKind.Terminate
        ? Task.CompletedTask
        : audit.RecordCall(merchant.Caller, change.Kind.ToAuditAction(), change.ReaderId, change.Kind switch
        {
            ChangeKind.Rename => new ProfileChange(change.Name).Fields,
            _ => change.Store ?? "",
        });

    private async Task<Refusal?> MoveKnown(
        MerchantScope merchant, string readerId, string? store, IReadOnlyList<string>? tags, CancellationToken cancel)
    {
        await audit.RecordCall(merchant.Caller, AuditAction.ReaderMove, readerId, store ?? "");
        var reader = readers[readerId];
        return await Failover.CallWithRetry(() => reader.MoveReader(merchant.Reach, store, tags), cancel);
    }
}

/// <summary>What is to change of what is told of a reader; null leaves it as it is.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Metadata">The caller's own JSON object, as text.</param>
/// <param name="Store">The store it is to be in.</param>
internal sealed record ProfileChange(string? Name, string? Metadata = null, string? Store = null)
{
    /// <summary>The fields that were given, for the audit.</summary>
    public string Fields => string.Join(' ', new[]
    {
        Name is null ? null : "name", Metadata is null ? null : "metadata",
    }.OfType<string>());
}
