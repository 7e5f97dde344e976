using System.Globalization;
using System.Text.Json;
using Fleet.Core;
using Microsoft.AspNetCore.WebUtilities;

namespace Fleet.Server.Cloud;

/// <summary>
/// The calls to SumUp's cloud with the key of one merchant. What the cloud answers and every failure is a value: a
/// method throws only when its caller has cancelled it.
/// </summary>
internal sealed class CloudClient(ICloudApi api, CloudAccount account)
{
    /// <summary>Transactions on a page of the history.</summary>
    public const int PageSize = 100;

    private const int MaxId = 100;

    /// <summary>What its calls share.</summary>
    public CloudAccount Account => account;

    private string Merchant => account.MerchantCode;

    /// <summary>
    /// Whether a payment may be started: not while most calls fail. <see cref="CreateCheckout"/> looks itself.
    /// </summary>
    public bool IsWorking => account.Breaker.IsClosed;

    /// <summary>Whether no call is sent for a while, because most failed.</summary>
    public bool IsBlocked => account.Breaker.IsBlocking;

    /// <summary>
    /// Sends one POST, once. It cannot be cancelled: what became of it must be learned. It takes 8 s at most, and one
    /// more when it was not clear whether the cloud works.
    /// </summary>
    /// <param name="readerId">The cloud's id of the reader.</param>
    /// <param name="checkout">What the reader is to take.</param>
    /// <param name="about">Fleet's own checkout, under which the exchange log keeps the call; so it is below.</param>
    public async Task<CloudAnswer<WireIds>> CreateCheckout(
        string readerId, NewCloudCheckout checkout, Guid? about = null)
    {
        if (account.Breaker is { IsClosed: false, IsBlocking: false }) // without other calls only this one can find out
            await ReadStatus(CloudPurpose.Probe, "probe", readerId, about, CancellationToken.None);
        return await Send(CloudPurpose.Create, "create_checkout", [readerId],
            (call, cancel) => api.CreateCheckout(call, Merchant, readerId, checkout, cancel),
            WireIds.Read, about, CancellationToken.None);
    }

    public Task<CloudAnswer<WireCheckout>> ReadCheckout(
        string readerId, string checkoutId, Guid? about, CancellationToken cancel,
        CloudPurpose purpose = CloudPurpose.Read) =>
        Send(purpose, "read_checkout", [readerId, checkoutId],
            (call, token) => api.GetCheckout(call, Merchant, readerId, checkoutId, token), WireCheckout.Read, about,
            cancel);

    /// <summary>Ends the payment that the reader shows, whosever it is. A success is no proof of the end.</summary>
    public Task<CloudAnswer<WireNothing>> TerminateCheckout(string readerId, Guid? about, CancellationToken cancel) =>
        Send<WireNothing>(CloudPurpose.Terminate, "terminate_checkout", [readerId],
            (call, token) => api.TerminateCheckout(call, Merchant, readerId, token), null, about, cancel);

    public Task<CloudAnswer<WireStatus>> ReadStatus(string readerId, Guid? about, CancellationToken cancel) =>
        ReadStatus(CloudPurpose.Status, "read_status", readerId, about, cancel);

    public Task<CloudAnswer<WireSettings>> ReadSettings(string readerId, CancellationToken cancel) =>
        Send(CloudPurpose.Status, "read_settings", [readerId],
            (call, token) => api.GetSettings(call, Merchant, readerId, token), WireSettings.Read, null, cancel);

    /// <summary>
    /// Changes the settings of a reader, once. It cannot be cancelled: what became of it must be learned.
    /// </summary>
    public Task<CloudAnswer<WireSettings>> ChangeSettings(string readerId, NewCloudSettings settings) =>
        Send(CloudPurpose.Change, "change_settings", [readerId],
            (call, token) => api.ChangeSettings(call, Merchant, readerId, settings, token), WireSettings.Read, null,
            CancellationToken.None, settings.MenuLock.Passcode);

    /// <summary>Whether the cloud has a reader; null when it did not say.</summary>
    public async Task<bool?> HasReader(string readerId) =>
        await ReadReader(readerId, CancellationToken.None) switch
        {
            { IsNotFound: true } => false,
            { IsSuccess: true } => true,
            _ => null,
        };

    public Task<CloudAnswer<WireRoster>> ListReaders(CancellationToken cancel) =>
        Send(CloudPurpose.Status, "list_readers", [],
            (call, token) => api.ListReaders(call, Merchant, token), WireRoster.Read, null, cancel);

    public Task<CloudAnswer<WireReader>> ReadReader(string readerId, CancellationToken cancel) =>
        Send(CloudPurpose.Status, "read_reader", [readerId],
            (call, token) => api.GetReader(call, Merchant, readerId, token), WireReader.Read, null, cancel);

    public Task<CloudAnswer<WireReader>> PairReader(NewCloudReader reader, CancellationToken cancel) =>
        Send(CloudPurpose.Change, "pair_reader", [],
            (call, token) => api.PairReader(call, Merchant, reader, token), WireReader.Read, null, cancel);

    public Task<CloudAnswer<WireNothing>> DeleteReader(string readerId, CancellationToken cancel) =>
        Send<WireNothing>(CloudPurpose.Change, "delete_reader", [readerId],
            (call, token) => api.DeleteReader(call, Merchant, readerId, token), null, null, cancel);

    public Task<CloudAnswer<WireTransaction>> ReadTransactionByClientId(
        string clientTransactionId, Guid? about, CancellationToken cancel,
        CloudPurpose purpose = CloudPurpose.Read) =>
        ReadTransaction(clientTransactionId, null, null, about, purpose, cancel);

    public Task<CloudAnswer<WireTransaction>> ReadTransactionByForeignId(
        string foreignTransactionId, Guid? about, CancellationToken cancel,
        CloudPurpose purpose = CloudPurpose.Read) =>
        ReadTransaction(null, foreignTransactionId, null, about, purpose, cancel);

    public Task<CloudAnswer<WireTransaction>> ReadTransaction(string id, Guid? about, CancellationToken cancel) =>
        ReadTransaction(null, null, id, about, CloudPurpose.Read, cancel);

    /// <summary>The first page of what changed since a time, the oldest first.</summary>
    public Task<CloudAnswer<WirePage>> ListTransactions(
        DateTimeOffset since, Guid? about, CancellationToken cancel) =>
        Send(CloudPurpose.Sweep, "list_transactions", [],
            (call, token) => api.ListTransactions(call, Merchant, $"{PageSize}", "ascending", TextOf(since),
                null, null, null, null, token),
            WirePage.Read, about, cancel);

    /// <summary>The first page of what happened in a time span, the oldest first.</summary>
    public Task<CloudAnswer<WirePage>> ListTransactions(
        DateTimeOffset from, DateTimeOffset to, CancellationToken cancel) =>
        Send(CloudPurpose.Sweep, "list_transactions", [],
            (call, token) => api.ListTransactions(call, Merchant, $"{PageSize}", "ascending", null,
                null, TextOf(from), null, TextOf(to), token),
            WirePage.Read, null, cancel);

    /// <summary>A later page.</summary>
    /// <param name="next">What the page before says: a query, of which only known parameters are used.</param>
    /// <param name="about">Fleet's checkout for which it is searched, if it is for one.</param>
    /// <param name="cancel">Cancels the call.</param>
    public Task<CloudAnswer<WirePage>> ListNextTransactions(string next, Guid? about, CancellationToken cancel)
    {
        var query = QueryHelpers.ParseQuery(next[(next.IndexOf('?', StringComparison.Ordinal) + 1)..]);
        string? Parameter(string name) => query.TryGetValue(name, out var values) ? values[0] : null;
        return Send(CloudPurpose.Sweep, "list_transactions", [],
            (call, token) => api.ListTransactions(call, Merchant,
                Parameter("limit"), Parameter("order"), Parameter("changes_since"), Parameter("oldest_ref"),
                Parameter("oldest_time"), Parameter("newest_ref"), Parameter("newest_time"), token),
            WirePage.Read, about, cancel);
    }

    /// <summary>Makes a refund, once. The cloud has no key that would make a repetition safe.</summary>
    /// <param name="transactionId">The cloud's id.</param>
    /// <param name="amount">In major units; null for all that is left.</param>
    /// <param name="about">Fleet's checkout that is refunded.</param>
    public Task<CloudAnswer<WireNothing>> RefundTransaction(
        string transactionId, decimal? amount, Guid about) =>
        Send<WireNothing>(CloudPurpose.Change, "refund_transaction", [transactionId],
            (call, token) => api.RefundTransaction(call, Merchant, transactionId, new(amount), token), null,
            about, CancellationToken.None);

    /// <summary>Shows whether the key is accepted.</summary>
    public Task<CloudAnswer<WireMerchant>> ReadMerchant(CancellationToken cancel) =>
        Send(CloudPurpose.Status, "read_merchant", [],
            (call, token) => api.GetMerchant(call, Merchant, token), WireMerchant.Read, null, cancel);

    /// <summary>Reads one transaction, which shows whether the key may read them.</summary>
    public Task<CloudAnswer<WirePage>> TryHistory(CancellationToken cancel) =>
        Send(CloudPurpose.Status, "try_history", [],
            (call, token) => api.ListTransactions(call, Merchant, "1", "descending", null, null, null, null, null,
                token),
            WirePage.Read, null, cancel);

    /// <summary>The newest transactions, the newest first.</summary>
    public Task<CloudAnswer<WirePage>> ListNewest(CancellationToken cancel) =>
        Send(CloudPurpose.ReadResult, "list_newest", [],
            (call, token) => api.ListTransactions(call, Merchant, $"{PageSize}", "descending", null, null, null, null,
                null, token),
            WirePage.Read, null, cancel);

    /// <summary>
    /// Calls that run end as they would; those that wait, and later ones, are withheld. The budget stays.
    /// </summary>
    public void Close() => account.Close();

    private Task<CloudAnswer<WireStatus>> ReadStatus(
        CloudPurpose purpose, string operation, string readerId, Guid? about, CancellationToken cancel) =>
        Send(purpose, operation, [readerId],
            (call, token) => api.GetStatus(call, Merchant, readerId, token), WireStatus.Read, about, cancel);

    private Task<CloudAnswer<WireTransaction>> ReadTransaction(
        string? client, string? foreign, string? id, Guid? about, CloudPurpose purpose, CancellationToken cancel) =>
        Send(purpose, "read_transaction", [],
            (call, token) => api.GetTransaction(call, Merchant, client, foreign, id, token), WireTransaction.Read,
            about, cancel);

    /// <param name="purpose">What the call is for.</param>
    /// <param name="operation">Its name in the exchange log.</param>
    /// <param name="ids">The ids in its path.</param>
    /// <param name="send">Sends it.</param>
    /// <param name="read">Reads the body of a success; null when the body does not matter.</param>
    /// <param name="about">Fleet's checkout that it is about, if it is about one.</param>
    /// <param name="caller">Cancels it.</param>
    /// <param name="passcode">The passcode that it sends, if it sends one.</param>
    private async Task<CloudAnswer<T>> Send<T>(
        CloudPurpose purpose, string operation, IReadOnlyList<string> ids,
        Func<AccountCall, CancellationToken, Task<HttpResponseMessage>> send, Func<JsonElement, T>? read,
        Guid? about, CancellationToken caller, string? passcode = null) where T : class
    {
        if (!ids.Append(Merchant).All(IsForPath))
            return CloudAnswer<T>.Failed(CloudFailure.Withheld, "an id has characters that cannot stand in a path");
        var call = new AccountCall(account, purpose, operation, caller)
        {
            CheckoutId = about,
            Passcode = passcode,
            ReaderId = ids.FirstOrDefault(id => id.StartsWith(Ids.ReaderPrefix, StringComparison.Ordinal)),
        };
        try
        {
            using var answer = await send(call, caller);
            return await CloudAnswers.Read(answer, read, account);
        }
        catch (Exception) when (call.IsAbandoned)
        {
            throw new OperationCanceledException(caller);
        }
        catch (Exception e)
        {
            return CloudAnswer<T>.Failed(CloudFailures.Sort(e, call.IsBegun), CloudFailures.Describe(e, call.IsBegun));
        }
    }

    private static string TextOf(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Two dots would lead to another path, also when they are escaped.</summary>
    private static bool IsForPath(string id) =>
        id.Length is > 0 and <= MaxId && id.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-');
}
