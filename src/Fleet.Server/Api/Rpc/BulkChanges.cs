using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Core.Stores;
using Fleet.Server.Access;
using Fleet.Server.Grains;
using Fleet.Server.Stores;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Many readers at once. Each item has its own result, and none waits for another that is stuck.</summary>
internal sealed class BulkChanges(
    StoreDirectory stores, IGrainFactory grains, AuditLog audit, PairingGuessLimiter guesses)
{
    /// <summary>Items of one call.</summary>
    private const int MaxItems = 500;

    /// <summary>What one portion of items may take, less than a call between nodes may.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(8);

    private IFleetGatewayGrain Gateway => grains.GetGrain<IFleetGatewayGrain>(0);

    /// <summary>Pairs many devices.</summary>
    public Task PairMany(
        Proto.PairManyRequest ask, MerchantScope merchant, IServerStreamWriter<Proto.ChangeResult> results,
        CancellationToken cancel)
    {
        return RunAll("readers", ask.Readers, Prepare, ask => ask.Reader.ReaderId, PairSome, results, cancel);

        async Task<IReadOnlyList<(string?, Refusal?)>> PairSome(IReadOnlyList<PairReaderInStore> orders)
        {
            ThrowIfGuessing(merchant.Caller);
            if (!ask.DryRun)
                await Task.WhenAll(orders.Select(ask =>
                    audit.RecordCall(merchant.Caller, AuditAction.ReaderPair, ask.Reader.ReaderId)));
            var outcomes = await Gateway.PairReaders(orders, ask.DryRun, Deadline);
            foreach (var reply in outcomes.Select(outcome => outcome.Result).OfType<PairReply>())
                CountAttempt(merchant.Caller, reply);
            return [.. outcomes.Select(outcome => (outcome.Error, outcome.Result?.Refusal))];
        }

        PairReaderInStore? Prepare(Proto.PairRequest one, out IReadOnlyList<FieldError> errors)
        {
            var reader = CheckPair(one, merchant, out errors);
            if (reader is null) return null;
            if (stores.FindStore(merchant.Reach, one.Store) is { } store)
                return new(store.GetPrimaryKeyString(), reader);
            errors = StoreRules.NoSuchStore.Fields ?? [];
            return null;
        }
    }

    /// <summary>Changes many readers.</summary>
    public Task ChangeMany(
        Proto.ChangeManyRequest ask, MerchantScope merchant, IServerStreamWriter<Proto.ChangeResult> results,
        CancellationToken cancel) =>
        RunAll("changes", ask.Changes, CheckChange, change => change.ReaderId,
            changes => ChangeSome(merchant, changes, ask.DryRun), results, cancel);

    /// <summary>
    /// Tells the audit of a change that is about to be made; the end of a checkout is told by the ledger.
    /// </summary>
    public Task RecordChange(MerchantScope merchant, ReaderChange change) => change.Kind is ChangeKind.Terminate
        ? Task.CompletedTask
        : audit.RecordCall(merchant.Caller, change.Kind.ToAuditAction(), change.ReaderId, change.Store ?? "");

    /// <summary>Refuses a key that has tried too many wrong codes.</summary>
    public void ThrowIfGuessing(Caller caller)
    {
        var wait = guesses.TimeToWait(caller.KeyId);
        if (wait <= TimeSpan.Zero) return;
        var problem = Problem.TooManyWrongCodes(wait);
        throw new RpcException(
            new(StatusCode.ResourceExhausted, problem.Detail),
            new Metadata { { "retry-after", problem.RetryAfterSeconds } });
    }

    /// <summary>Counts an attempt to pair.</summary>
    public void CountAttempt(Caller caller, PairReply reply) => guesses.CountAttempt(caller.KeyId, reply);

    /// <summary>The order to pair a reader; null when its fields are wrong.</summary>
    public static PairReader? CheckPair(
        Proto.PairRequest ask, MerchantScope merchant, out IReadOnlyList<FieldError> errors)
    {
        var fields = new FieldCheck();
        var code = fields.CheckPairingCode(ask.PairingCode);
        var (name, tags) = (fields.CheckName(ask.Name), fields.CheckTags("tags", ask.Tags));
        if (ask.Store.Length > 0) fields.CheckStore("store", ask.Store);
        errors = fields.Errors;
        return errors.Count > 0 || code is null
            ? null
            : new(merchant.Code, merchant.Merchant.Rules.Sandbox, RandomIds.NewReaderId(), code, name, null, tags,
                merchant.Reach.Store);
    }

    /// <summary>The change of a reader; null when its fields are wrong.</summary>
    public static ReaderChange? CheckChange(Proto.ReaderChange ask, out IReadOnlyList<FieldError> errors)
    {
        var fields = new FieldCheck();
        var change = ask.ChangeCase switch
        {
            Proto.ReaderChange.ChangeOneofCase.Rename =>
                new ReaderChange(ChangeKind.Rename, ask.Rename.ReaderId, fields.CheckName(ask.Rename.Name)),
            Proto.ReaderChange.ChangeOneofCase.Move => ToMove(ask.Move, fields),
            Proto.ReaderChange.ChangeOneofCase.Unpair => new(ChangeKind.Unpair, ask.Unpair.ReaderId),
            Proto.ReaderChange.ChangeOneofCase.Terminate => ToTerminate(ask.Terminate, fields),
            _ => null,
        };
        if (change is null) fields.AddError("change", "is required");
        errors = fields.Errors;
        return errors.Count > 0 ? null : change;
    }

    private static ReaderChange ToMove(Proto.MoveRequest ask, FieldCheck fields)
    {
        if (ask.Store.Length == 0 && ask.Tags is null) fields.AddError("store", "or tags must be given");
        return new(ChangeKind.Move, ask.ReaderId,
            Store: ask.Store.Length == 0 ? null : fields.CheckStore("store", ask.Store),
            Tags: ask.Tags is null ? null : fields.CheckTags("tags", ask.Tags.Values));
    }

    private static ReaderChange ToTerminate(Proto.TerminateRequest ask, FieldCheck fields)
    {
        Guid? expected = null;
        if (Ids.IsUuid(ask.ExpectedCheckoutId, out var id)) expected = id;
        else if (ask.ExpectedCheckoutId.Length > 0) fields.AddError("expected_checkout_id", "must be a UUID");
        return new(ChangeKind.Terminate, ask.ReaderId, ExpectedCheckoutId: expected);
    }

    /// <summary>What is not within the key's reach is refused first: the audit has no row about it.</summary>
    private async Task<IReadOnlyList<(string?, Refusal?)>> ChangeSome(
        MerchantScope merchant, IReadOnlyList<ReaderChange> changes, bool dryRun)
    {
        var note = merchant.Caller.MakeNote(AuditAction.CheckoutTerminate);
        var tried = await Gateway.ChangeReaders(merchant.Reach, note, changes, dryRun: true, Deadline);
        if (dryRun) return [.. tried.Select(outcome => (outcome.Error, outcome.Result))];
        var there = changes.Where((_, i) => IsThere(tried[i])).ToList();
        await Task.WhenAll(there.Select(change => RecordChange(merchant, change)));
        var done = new Queue<CallOutcome<Refusal?>>(
            await Gateway.ChangeReaders(merchant.Reach, note, there, dryRun: false, Deadline));
        return [.. tried.Select(outcome => IsThere(outcome) ? done.Dequeue() : outcome)
            .Select(outcome => (outcome.Error, outcome.Result))];

        static bool IsThere(CallOutcome<Refusal?> outcome) =>
            outcome.Error is null && outcome.Result is not { Code: RefusalCode.NotFound };
    }

    private delegate TItem? Prepare<in TAsk, out TItem>(TAsk ask, out IReadOnlyList<FieldError> errors);

    private static async Task RunAll<TAsk, TItem>(
        string field, IReadOnlyList<TAsk> asks, Prepare<TAsk, TItem> prepare, Func<TItem, string> idOf,
        Func<IReadOnlyList<TItem>, Task<IReadOnlyList<(string? Error, Refusal? Refusal)>>> run,
        IServerStreamWriter<Proto.ChangeResult> results, CancellationToken cancel) where TItem : class
    {
        if (asks.Count > MaxItems) throw RpcErrors.InvalidField(field, $"must be at most {MaxItems}");
        var finished = 0;
        foreach (var portion in asks.Index().Chunk(FanOut.AtOnce))
        {
            cancel.ThrowIfCancellationRequested();
            var sound = new List<(int Index, TItem Item)>();
            foreach (var (index, ask) in portion)
            {
                if (prepare(ask, out var errors) is { } item && Ids.IsReader(idOf(item))) sound.Add((index, item));
                else await Tell(index, "", null, errors.Count > 0 ? Refusal.InvalidFields(errors) : Refusal.NotFound);
            }
            var told = await run([.. sound.Select(one => one.Item)]);
            for (var i = 0; i < sound.Count; i++)
                await Tell(sound[i].Index, idOf(sound[i].Item), told[i].Error, told[i].Refusal);
        }

        Task Tell(int index, string readerId, string? error, Refusal? refusal) => results.WriteAsync(new()
        {
            Index = index,
            ReaderId = refusal is null ? readerId : "",
            Done = error is null && refusal is null,
            Refused = (refusal, error) switch
            {
                ({ } no, _) => RpcErrors.ToMessage(no),
                (_, { } why) => RpcErrors.UnknownOutcome(why),
                _ => null,
            },
            Finished = ++finished,
        }, cancel);
    }
}
