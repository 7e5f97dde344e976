using System.Runtime.CompilerServices;
using Fleet.Protocol.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Client;

/// <summary>A checkout that Fleet has accepted.</summary>
/// <param name="Reply">What Fleet answered: the ids, and why this reader was chosen.</param>
/// <param name="IdempotencyKey">The key of the start, also if the client made it.</param>
public sealed record StartedCheckout(StartReply Reply, string IdempotencyKey)
{
    /// <summary>The id of the checkout.</summary>
    public string CheckoutId => Reply.CheckoutId;
}

/// <summary>
/// Calls Fleet over gRPC, with one key. The properties are the clients that were generated from Fleet's protos; each
/// of their calls has the key, the merchant and a deadline. Reads are repeated when they fail for a passing reason, and
/// so is <c>Checkouts.Start</c>, which always has an <c>idempotency_key</c>, so that a repeat is the same checkout.
/// Every other call that changes something is sent once. What fails throws a <see cref="FleetException"/>, also in the
/// generated clients. One client may be used by many threads, and should be: it keeps its connection.
/// </summary>
/// <remarks>Cancelling a call ends the wait for its answer, and does not undo what it asked for.</remarks>
public sealed class FleetClient : IDisposable
{
    /// <summary>For how long Fleet is asked to wait for an outcome at a time.</summary>
    private const int WaitSeconds = 30;

    private readonly FleetClientOptions _options;
    private readonly GrpcChannel _channel;

    /// <summary>A client. It connects when it is first used.</summary>
    /// <param name="address">
    /// Fleet's address for gRPC, for example <c>http://127.0.0.1:8081</c>; tills have another.
    /// </param>
    /// <param name="key">The API key.</param>
    /// <param name="options">What is different from the defaults.</param>
    /// <exception cref="ArgumentException">The key is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number of the options is outside its range.</exception>
    public FleetClient(Uri address, string key, FleetClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        _options = options ?? new();
        _options.Check();
        _channel = GrpcChannel.ForAddress(address, new()
        {
            HttpHandler = _options.Handler ?? FleetClientOptions.CreateHandler(),
            DisposeHttpClient = _options.Handler is null,
        });
        var calls = _channel.Intercept(new CallInterceptor(key, _options));
        (Audit, Checkouts, Status, Keys, Merchants) = (new(calls), new(calls), new(calls), new(calls), new(calls));
        (Readers, Reconciliation, Stores) = (new(calls), new(calls), new(calls));
        (Devices, Incidents, Settings, Retention) = (new(calls), new(calls), new(calls), new(calls));
        (TestReaders, Totals, Webhooks) = (new(calls), new(calls), new(calls));
    }

    /// <summary>Who changed what, when, from where.</summary>
    public Proto.Audit.AuditClient Audit { get; }

    /// <summary>Checkouts: one payment each, on one reader.</summary>
    public Proto.Checkouts.CheckoutsClient Checkouts { get; }

    /// <summary>What became known of devices over time.</summary>
    public Proto.Devices.DevicesClient Devices { get; }

    /// <summary>What is old is exported and removed.</summary>
    public Proto.Retention.RetentionClient Retention { get; }

    /// <summary>Incidents: things that a person must look at.</summary>
    public Proto.Incidents.IncidentsClient Incidents { get; }

    /// <summary>The settings of readers and stores.</summary>
    public Proto.Settings.SettingsClient Settings { get; }

    /// <summary>The fleet as a whole: numbers and problems.</summary>
    public FleetStatus.FleetStatusClient Status { get; }

    /// <summary>Keys: who may call Fleet, and for what.</summary>
    public Proto.Keys.KeysClient Keys { get; }

    /// <summary>Merchants, and their links with SumUp.</summary>
    public Proto.Merchants.MerchantsClient Merchants { get; }

    /// <summary>Readers: devices that are paired with a merchant.</summary>
    public Proto.Readers.ReadersClient Readers { get; }

    /// <summary>The comparison of a day with SumUp.</summary>
    public Proto.Reconciliation.ReconciliationClient Reconciliation { get; }

    /// <summary>Stores: the shops of a merchant, with their readers.</summary>
    public Proto.Stores.StoresClient Stores { get; }

    /// <summary>Virtual readers for tests, of sandbox merchants.</summary>
    public Proto.TestReaders.TestReadersClient TestReaders { get; }

    /// <summary>Counts and sums of payments and refunds.</summary>
    public Proto.Totals.TotalsClient Totals { get; }

    /// <summary>What was sent to the <c>return_url</c> of checkouts.</summary>
    public Proto.Webhooks.WebhooksClient Webhooks { get; }

    /// <summary>
    /// A new key for a start. A caller that keeps it with the sale before the start can repeat the start after a crash.
    /// </summary>
    public static string NewIdempotencyKey() => Guid.NewGuid().ToString();

    /// <summary>
    /// Starts a checkout. A lost answer is asked for again with the same key, so that the customer is asked once.
    /// </summary>
    /// <param name="request">The checkout; without an <c>idempotency_key</c> it gets one. It is not changed.</param>
    /// <param name="cancel">Ends the wait for the answer; what was accepted goes on.</param>
    /// <returns>The checkout, which is on Fleet's disk, and its key.</returns>
    /// <exception cref="FleetException">
    /// It was refused; or it is unknown whether it was accepted. Then start it again with the
    /// <see cref="FleetException.IdempotencyKey"/> of the exception, or wait for the checkout that
    /// <see cref="FleetException.Holder"/> names.
    /// </exception>
    public async Task<StartedCheckout> StartCheckout(StartRequest request, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var ask = request.Clone();
        if (ask.IdempotencyKey.Length == 0) ask.IdempotencyKey = NewIdempotencyKey();
        var reply = await Checkouts.StartAsync(ask, cancellationToken: cancel).ConfigureAwait(false);
        return new(reply, ask.IdempotencyKey);
    }

    /// <summary>
    /// Waits until a checkout is successful, failed or cancelled, however long that takes; also while Fleet cannot be
    /// reached, if it was reached once. A checkout whose state is unknown is waited for.
    /// </summary>
    /// <param name="checkoutId">The checkout.</param>
    /// <param name="cancel">Ends the wait; the payment goes on.</param>
    /// <exception cref="FleetException">
    /// There is no such checkout, or the key may not read it, or Fleet was never reached. The payment goes on.
    /// </exception>
    public async Task<Checkout> WaitForOutcome(string checkoutId, CancellationToken cancel = default)
    {
        var ask = new WaitRequest { CheckoutId = checkoutId, Seconds = WaitSeconds };
        var pauses = new Pauses(_options.Time);
        for (var wasReached = false; ;)
        {
            TimeSpan? told = null;
            try
            {
                var checkout = await Checkouts.WaitAsync(ask, cancellationToken: cancel).ConfigureAwait(false);
                if (IsFinal(checkout)) return checkout;
                wasReached = true;
                pauses.Reset();
            }
            catch (FleetException e) when (wasReached && e.IsTransient)
            {
                told = e.RetryAfter;
            }
            // A node that stops answers at once: without a pause it would be asked again at once.
            await pauses.Wait(told, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The present state of a checkout, then its events, until it is successful, failed or cancelled. The stream goes
    /// on after a broken connection with the state of that moment: the kind of such a message is <c>current</c>, as
    /// that of the first one, and events between may be missing. The last message has the outcome.
    /// </summary>
    /// <param name="checkoutId">The checkout.</param>
    /// <param name="cancel">Ends the stream; the payment goes on.</param>
    /// <exception cref="FleetException">The stream could not begin, or the key may not read it any more.</exception>
    public IAsyncEnumerable<CheckoutEvent> WatchCheckout(string checkoutId, CancellationToken cancel = default) =>
        ResumedStream.Read(
            over => Checkouts.Watch(new() { CheckoutId = checkoutId }, cancellationToken: over),
            one => IsFinal(one.Checkout), endsWhenGone: false, _options, cancel);

    /// <summary>
    /// The present state of a reader, then its state after each change, until it is unpaired. Each message is the whole
    /// state; after a broken connection the stream goes on with the state of that moment.
    /// </summary>
    /// <param name="readerId">The reader.</param>
    /// <param name="cancel">Ends the stream.</param>
    /// <exception cref="FleetException">The stream could not begin, or the key may not read it any more.</exception>
    public IAsyncEnumerable<Reader> WatchReader(string readerId, CancellationToken cancel = default) =>
        ResumedStream.Read(over => Readers.Watch(new() { ReaderId = readerId }, cancellationToken: over),
            _ => false, endsWhenGone: true, _options, cancel);

    /// <summary>
    /// The board of a store, then its changes. A message whose <c>whole</c> is true has all readers and replaces
    /// everything before it: the first one is whole, and so is the first one after a broken connection.
    /// </summary>
    /// <param name="store">The id of the store.</param>
    /// <param name="cancel">Ends the stream.</param>
    /// <exception cref="FleetException">The stream could not begin, or the key may not read it any more.</exception>
    public IAsyncEnumerable<StoreBoard> WatchBoard(string store, CancellationToken cancel = default) =>
        ResumedStream.Read(over => Stores.WatchBoard(new() { Store = store }, cancellationToken: over),
            _ => false, endsWhenGone: false, _options, cancel);

    /// <summary>All readers that fit, page by page.</summary>
    /// <param name="request">What they must be like; null for all readers.</param>
    /// <param name="cancel">Ends the list.</param>
    /// <exception cref="FleetException">
    /// A page could not be read. After the last reader: stores did not answer, whose readers are missing; the sentence
    /// names them.
    /// </exception>
    public async IAsyncEnumerable<Reader> ListReaders(
        ListReadersRequest? request = null, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        var ask = request?.Clone() ?? new();
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        do
        {
            var page = await Readers.ListAsync(ask, cancellationToken: cancel).ConfigureAwait(false);
            foreach (var reader in page.Readers) yield return reader;
            missing.UnionWith(page.Missing);
            ask.PageToken = page.NextPageToken;
        }
        while (ask.PageToken.Length > 0);
        if (missing.Count == 0) yield break;
        var sentence = $"These stores did not answer, and their readers are missing: {string.Join(", ", missing)}.";
        throw FleetException.Of(new(new(StatusCode.Unavailable, sentence)), new(Changes: false));
    }

    /// <summary>All stores of the merchant, page by page.</summary>
    /// <param name="request">Which ones; null for those that are open.</param>
    /// <param name="cancel">Ends the list.</param>
    /// <exception cref="FleetException">A page could not be read.</exception>
    public async IAsyncEnumerable<Store> ListStores(
        ListStoresRequest? request = null, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        var ask = request?.Clone() ?? new();
        do
        {
            var page = await Stores.ListAsync(ask, cancellationToken: cancel).ConfigureAwait(false);
            foreach (var store in page.Stores) yield return store;
            ask.PageToken = page.NextPageToken;
        }
        while (ask.PageToken.Length > 0);
    }

    /// <summary>All merchants that the key reaches, page by page.</summary>
    /// <param name="request">Which ones; null for all.</param>
    /// <param name="cancel">Ends the list.</param>
    /// <exception cref="FleetException">A page could not be read.</exception>
    public async IAsyncEnumerable<Merchant> ListMerchants(
        ListMerchantsRequest? request = null, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        var ask = request?.Clone() ?? new();
        do
        {
            var page = await Merchants.ListAsync(ask, cancellationToken: cancel).ConfigureAwait(false);
            foreach (var merchant in page.Merchants) yield return merchant;
            ask.PageToken = page.NextPageToken;
        }
        while (ask.PageToken.Length > 0);
    }

    /// <summary>Ends all calls and closes the connection.</summary>
    public void Dispose() => _channel.Dispose();

    private static bool IsFinal(Checkout checkout) =>
        checkout.State is State.Successful or State.Failed or State.Cancelled;
}
