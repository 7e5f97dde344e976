using System.Threading.Channels;
using Fleet.Protocol;

namespace Fleet.Simulator.Conformance;

/// <summary>
/// Fleet's part on one connection: says what is expected next, and for how long. Frames of an earlier epoch are passed
/// over, as Fleet does.
/// </summary>
internal sealed class Conversation(DeviceConnection link, TimeProvider clock, CancellationToken cancel)
{
    private Func<DeviceFrame, string?>? _forbidden;

    public DeviceConnection Link => link;

    /// <summary>The epoch of the last welcome on this connection; 0 before one.</summary>
    public long Epoch { get; private set; }

    /// <summary>Sends the welcome of an epoch.</summary>
    public Task SendWelcome(long epoch, string name, CheckoutDisplay? checkout)
    {
        Epoch = epoch;
        return link.Send(new Welcome(epoch, name, checkout));
    }

    public Task Show(CheckoutDisplay order) => link.Send(new ShowCheckout(Epoch, order));

    public Task Grant(CheckoutDisplay order) => link.Send(new Granted(Epoch, order.CheckoutId));

    public Task Terminate(CheckoutDisplay order) => link.Send(new Terminate(Epoch, order.CheckoutId));

    public Task Refuse(CheckoutDisplay order, string of) => link.Send(new Refused(Epoch, order.CheckoutId, of));

    public Task Configure(Guid configureId, MenuLockSettings menuLock) =>
        link.Send(new Configure(Epoch, configureId, menuLock));

    public Task Acknowledge(Guid checkoutId) => link.Send(new Ack(Epoch, checkoutId));

    /// <summary>
    /// From now on a frame is a broken rule when <paramref name="why"/> returns a sentence for it; null ends that.
    /// </summary>
    public void Forbid(Func<DeviceFrame, string?>? why) => _forbidden = why;

    /// <summary>The next frame of a kind; others before it are passed over.</summary>
    /// <param name="what">What is expected, as a subject of a sentence.</param>
    /// <param name="which">Which of its kind; null for any.</param>
    /// <param name="within">The limit; null for what is answered at once.</param>
    /// <exception cref="RuleBrokenException">It did not come in time.</exception>
    public async Task<T> Expect<T>(string what, Func<T, bool>? which = null, TimeSpan? within = null)
        where T : DeviceFrame
    {
        var limit = within ?? CheckLimits.Answer;
        var found = await Find(frame => frame is T wanted && (which is null || which(wanted)), limit, what);
        return found as T ?? throw new RuleBrokenException($"{what} did not come within {limit.TotalSeconds:0.#} s.");
    }

    /// <summary>The next frame that fits; null when none comes in time.</summary>
    /// <exception cref="RuleBrokenException">The connection ended before.</exception>
    public async Task<DeviceFrame?> Find(Func<DeviceFrame, bool> fits, TimeSpan within, string what)
    {
        using var limit = new CancellationTokenSource(within, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            while (true)
            {
                var frame = await link.Frames.ReadAsync(either.Token);
                if (IsOld(frame)) continue;
                if (fits(frame)) return frame;
                if (_forbidden?.Invoke(frame) is { } why) throw new RuleBrokenException(why);
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
        catch (ChannelClosedException e)
        {
            throw e.InnerException as RuleBrokenException
                ?? new RuleBrokenException($"{what} did not come: the device ended the connection.");
        }
    }

    /// <summary>What has arrived on a connection that is over, and was not looked at.</summary>
    public IEnumerable<DeviceFrame> ReadRest()
    {
        while (link.Frames.TryRead(out var frame)) yield return frame;
    }

    /// <summary>
    /// Waits until the device has answered a ping, and so has read all that was sent before it, and for a moment more.
    /// </summary>
    /// <param name="forbidden">A sentence for a frame that must not come meanwhile.</param>
    /// <param name="during">How long; null for a moment.</param>
    public async Task Watch(Func<DeviceFrame, string?>? forbidden = null, TimeSpan? during = null)
    {
        var before = _forbidden;
        if (forbidden is not null) _forbidden = forbidden;
        await AnswerPing();
        await Find(_ => false, during ?? CheckLimits.Quiet, "Silence");
        _forbidden = before;
    }

    /// <summary>Sends a ping and waits for the answer.</summary>
    public async Task AnswerPing()
    {
        await link.Send(new Ping());
        await Expect<Pong>("An answer to ping");
    }

    /// <summary>Acknowledges all results that come before the answer to a ping.</summary>
    public async Task Settle()
    {
        await link.Send(new Ping());
        while (await Find(frame => frame is Pong or Result or Terminated, CheckLimits.Answer, "An answer to ping")
            is { } frame and not Pong)
            await Acknowledge(frame is Result result ? result.CheckoutId : ((Terminated)frame).CheckoutId);
    }

    /// <summary>The epoch that a frame carries; null for a frame without one.</summary>
    private static long? EpochOf(DeviceFrame frame) => frame switch
    {
        Start one => one.Epoch,
        Result one => one.Epoch,
        Terminated one => one.Epoch,
        TooLate one => one.Epoch,
        ScreenState one => one.Epoch,
        DeviceStatus one => one.Epoch,
        Acted one => one.Epoch,
        _ => null,
    };

    private bool IsOld(DeviceFrame frame)
    {
        if (EpochOf(frame) is not { } epoch) return false;
        if (epoch > Epoch) throw new RuleBrokenException($"A frame has epoch {epoch}, which no welcome gave.");
        return epoch < Epoch;
    }
}
