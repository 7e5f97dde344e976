using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Protocol;
using Fleet.Server.Access;
using Fleet.Server.Checkouts;
using Fleet.Server.Grains;
using Fleet.Server.Links;

namespace Fleet.Server.Api;

/// <summary>A virtual reader as a test sees it.</summary>
/// <param name="Reader">The reader.</param>
/// <param name="Scene">What is on its device; null while that is not connected.</param>
/// <param name="Checkout">The checkout in hand, or the last that ended on the device; null when there is none.</param>
internal sealed record TestedReader(ReaderSnapshot Reader, DeviceScene? Scene, Checkout? Checkout);

/// <summary>
/// What a test may do with a virtual reader of a sandbox merchant. A wish goes to the node of the device's socket; the
/// outcome of the checkout is read from the ledger.
/// </summary>
internal sealed class TestReaderCommands(
    ReaderCommands readers, LinkClient links, CheckoutQueries checkouts, AuditLog audit, TimeProvider time)
{
    /// <summary>The longest wait, in seconds.</summary>
    public const int MaxWait = 60;

    /// <summary>How often it is looked whether a device is connected again.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// The reader, if the key reaches it. A merchant that is no sandbox has no test readers: the answer is as for one
    /// that does not exist.
    /// </summary>
    public async Task<ReaderSnapshot?> FindReader(MerchantScope merchant, string readerId, CancellationToken cancel) =>
        merchant.Merchant.Rules.Sandbox ? await readers.FindReader(merchant, readerId, cancel) : null;

    /// <summary>Tells the device of a reader what a test wants, and returns what is on the reader then.</summary>
    /// <param name="merchant">Whose reader it is.</param>
    /// <param name="readerId">Its id.</param>
    /// <param name="wish">What is to happen.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<(TestedReader? Tested, Refusal? Refusal)> AskReader(
        MerchantScope merchant, string readerId, DeviceWish wish, CancellationToken cancel)
    {
        if (await FindReader(merchant, readerId, cancel) is not { } reader) return (null, Refusal.NotFound);
        if (wish.Do is not Wishes.Show)
            await audit.RecordCall(merchant.Caller, AuditAction.Test, readerId, wish.Do);
        if (await links.FindAttachment(readerId) is not { } link) return (null, Refusal.ReaderOffline);
        var since = time.GetTimestamp();
        var reply = await links.AskDevice(link, wish).WaitAsync(cancel);
        var (scene, refusal) = ReadReply(reply);
        var isGoing = reply.Outcome is ActOutcome.Lost || (refusal is null && wish.EndsConnection);
        if (isGoing && wish.WaitMs is > 0 and { } wait)
        {
            var left = TimeSpan.FromMilliseconds(wait) - time.GetElapsedTime(since);
            (scene, refusal) = await AwaitReturn(readerId, link.Epoch, left, cancel);
        }
        return refusal is null ? (await Show(merchant, reader, scene, cancel), null) : (null, refusal);
    }

    /// <summary>What is on a reader, also while its device is not connected.</summary>
    /// <param name="merchant">Whose reader it is.</param>
    /// <param name="reader">The reader.</param>
    /// <param name="since">The version that is known; null to return at once.</param>
    /// <param name="wait">How long to wait for a newer one.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<(TestedReader? Tested, Refusal? Refusal)> WatchReader(
        MerchantScope merchant, ReaderSnapshot reader, long? since, TimeSpan wait, CancellationToken cancel)
    {
        if (await links.FindAttachment(reader.Id) is not { } link) return (new(reader, null, null), null);
        var wish = new DeviceWish
        {
            Do = Wishes.Show, Since = since, WaitMs = since is null ? null : (int)wait.TotalMilliseconds,
        };
        var reply = await links.AskDevice(link, wish).WaitAsync(cancel);
        if (reply.Outcome is ActOutcome.Gone or ActOutcome.Lost) return (new(reader, null, null), null);
        var (scene, refusal) = ReadReply(reply);
        return refusal is null ? (await Show(merchant, reader, scene, cancel), null) : (null, refusal);
    }

    private async Task<TestedReader> Show(
        MerchantScope merchant, ReaderSnapshot reader, DeviceScene? scene, CancellationToken cancel) =>
        (scene?.CheckoutId ?? scene?.LastCheckoutId) is { } id
            ? new(reader, scene, await checkouts.FindCheckout(merchant.Reach, id, cancel))
            : new(reader, scene, null);

    private static (DeviceScene? Scene, Refusal? Refusal) ReadReply(ActReply reply) => reply switch
    {
        { Outcome: ActOutcome.NotWilling } => (null, TestReaderRules.JudgeAnswer(obeysTests: false, null)),
        { Outcome: ActOutcome.TooMany } => (null, Refusal.TestRefused("Too many calls wait for this reader")),
        { Acted: { } acted } when TestReaderRules.JudgeAnswer(obeysTests: true, acted.Refused) is { } refused =>
            (null, refused),
        { Acted: { } acted } => (acted.Scene, null),
        _ => (null, Refusal.ReaderOffline),
    };

    /// <summary>
    /// Waits until the device is connected again, no payment is in hand and every result is committed.
    /// </summary>
    private async Task<(DeviceScene? Scene, Refusal? Refusal)> AwaitReturn(
        string readerId, long epoch, TimeSpan patience, CancellationToken cancel)
    {
        var since = time.GetTimestamp();
        for (var left = patience; left > TimeSpan.Zero; left = patience - time.GetElapsedTime(since))
        {
            if (await links.FindAttachment(readerId) is { } again && again.Epoch != epoch)
            {
                // a wish that changes nothing is answered when all is done
                var nothing = new DeviceWish { Do = Wishes.Link, WaitMs = (int)left.TotalMilliseconds };
                return ReadReply(await links.AskDevice(again, nothing).WaitAsync(cancel));
            }
            await Task.Delay(Look, time, cancel);
        }
        return (null, Refusal.ReaderOffline);
    }
}
