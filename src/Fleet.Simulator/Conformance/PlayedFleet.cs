using Fleet.Protocol;

namespace Fleet.Simulator.Conformance;

/// <summary>
/// Fleet as it is played for one device: pairs it, welcomes it, gives it checkouts, breaks connections and takes its
/// power away. A rule begins with one of the methods <c>Begin…</c>.
/// </summary>
internal sealed class PlayedFleet(
    LinkServer server, ITestedDevice device, Transcript transcript, CheckLimits limits, TimeProvider clock,
    CancellationToken cancel) : IAsyncDisposable
{
    private const string Name = "Till 1", Merchant = "MC0X0ABC", Code = "7K2M9QXD";

    private Conversation? _talk;
    private long _epoch = 6;

    public LinkServer Server => server;

    public ITestedDevice Device => device;

    public CheckLimits Limits => limits;

    public TimeProvider Clock => clock;

    public CancellationToken Cancel => cancel;

    /// <summary>The newest connection.</summary>
    public Conversation Talk => _talk ?? throw new InvalidOperationException("The device has not dialled.");

    /// <summary>Who the device is.</summary>
    public Identity Identity { get; } = new();

    /// <summary>Begins with a device that is connected and not paired, and returns its hello.</summary>
    public async Task<Hello> BeginUnpaired()
    {
        if (await Meet() is { } hello)
        {
            if (hello.Credential is null) return Identity.Forget(hello);
            Identity.Adopt(hello);
        }
        return !Identity.IsPaired && Identity.Unpaired is { } before ? before : await Unpair();
    }

    /// <summary>Begins with a device that is paired, welcomed and idle.</summary>
    public async Task BeginPaired()
    {
        var hello = await Meet();
        if (hello is { Credential: null } || hello is null && !Identity.IsPaired) await Pair();
        else if (hello is not null) Identity.Adopt(hello);
        await Welcome();
        await Talk.Settle();
    }

    /// <summary>Pairs the device that has just said hello, and waits for the hello that confirms it.</summary>
    public async Task Pair()
    {
        await ShowCode(Code);
        var paired = Identity.MakeReader(Name, Merchant);
        await Talk.Link.Send(paired);
        Identity.Confirm(await Talk.Expect<Hello>("The hello that confirms the pairing"), paired);
    }

    /// <summary>Sends a code to a device that is not paired.</summary>
    public Task ShowCode(string code) =>
        Talk.Link.Send(new PairingCode(code, clock.GetUtcNow() + TimeSpan.FromMinutes(5)));

    /// <summary>Ends the pairing, acknowledges what comes, and waits for the hello without a credential.</summary>
    public async Task<Hello> Unpair()
    {
        await Talk.Link.Send(new Unpaired(Identity.ReaderId));
        var limit = CheckLimits.Leave;
        while (true)
        {
            switch (await Talk.Find(frame => frame is Hello or Result or Terminated, limit, "The hello after unpaired"))
            {
                case Hello hello: return Identity.Forget(hello);
                case Result result: await Talk.Acknowledge(result.CheckoutId); break;
                case Terminated ended: await Talk.Acknowledge(ended.CheckoutId); break;
                default: throw new RuleBrokenException($"No hello came within {limit.TotalSeconds} s after unpaired.");
            }
        }
    }

    /// <summary>Sends a welcome with a new epoch.</summary>
    public Task Welcome(CheckoutDisplay? checkout = null) => Talk.SendWelcome(++_epoch, Name, checkout);

    /// <summary>Leaves out epochs, so that the next one is higher than this.</summary>
    public void SkipEpochs(long epoch) => _epoch = Math.Max(_epoch, epoch);

    /// <summary>Waits for the next connection and its first frame, which must be a hello.</summary>
    public async Task<Hello> AwaitHello()
    {
        var dial = await AwaitDial();
        while (dial is { OffersLink: true, IsLink: false }) // of a rule that did not choose the sub-protocol
        {
            await dial.DisposeAsync();
            dial = await AwaitDial();
        }
        await DisposeAsync();
        _talk = new(dial, clock, cancel);
        dial.SetPings(true);
        var first = await Talk.Find(_ => true, CheckLimits.Answer * 2, "The hello");
        return first as Hello
            ?? throw new RuleBrokenException($"The first frame is {first?.GetType().Name ?? "missing"}, not hello.");
    }

    /// <summary>Waits for the next connection, and takes no frame of it.</summary>
    public async Task<DeviceConnection> AwaitDial()
    {
        var dialling = server.NextDial(device.IsProcess ? CheckLimits.Dial : CheckLimits.Person, cancel);
        if (await Task.WhenAny(dialling, device.Ended) != dialling)
            throw new RuleBrokenException("The device ended by itself.");
        return await dialling ?? throw new RuleBrokenException("The device does not dial.");
    }

    /// <summary>Breaks the connection, waits for the next one, and checks who the device says it is.</summary>
    public async Task Reconnect()
    {
        await Talk.Link.Cut();
        Identity.CheckSame(await AwaitHello());
    }

    /// <summary>Takes the device's power away, gives it back, and waits for its hello.</summary>
    public async Task<Hello> Restart()
    {
        transcript.AddEvent("the device is killed");
        await device.Kill();
        // a device in the hand of a person still has its power
        if (device.IsProcess) await Talk.Link.Cut();
        device.Start(server.Address);
        return await AwaitHello();
    }

    /// <summary>The same, and checks that the device is still its reader.</summary>
    public async Task RestartPaired() => Identity.CheckSame(await Restart());

    /// <summary>Gives up the present connection.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_talk is { } talk) await talk.Link.DisposeAsync();
    }

    /// <summary>The hello of a new connection; null when the one of the rule before is still good.</summary>
    private async Task<Hello?> Meet()
    {
        device.Start(server.Address);
        _talk?.Forbid(null);
        return _talk is { Link.IsOpen: true } && !server.HasDial ? null : await AwaitHello();
    }
}
