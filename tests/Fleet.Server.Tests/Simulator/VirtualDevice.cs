using Fleet.Protocol;
using Fleet.Simulator;
using Fleet.Simulator.Devices;
using Fleet.Simulator.Linking;
using Microsoft.Extensions.Time.Testing;

namespace Fleet.Server.Tests;

/// <summary>
/// A virtual device without a network: a test plays Fleet, hands it frames and reads those that it sends. Time passes
/// only when the test says so.
/// </summary>
internal sealed class VirtualDevice : IAsyncDisposable
{
    private static int _serial;

    private readonly VirtualReaderOptions _options;
    private readonly TestSetup _setup;
    private Device _device;
    private Outbox _outbox;

    public VirtualDevice(Scenario scenario = Scenario.Manual, double pace = 0)
    {
        _options = new()
        {
            Serial = $"DEVICE-{Interlocked.Increment(ref _serial)}",
            Server = new("ws://nowhere.invalid/link/v1"),
            Scenario = scenario,
            Pace = pace,
        };
        _setup = new(_options);
        Journal.KeepPairing("rdr_0123456789ABCDEFGHJKMNPQRS", "credential");
        (_device, _outbox) = SwitchOn();
        Connect();
    }

    /// <summary>Whether its merchant lets the last two digits of the amount decide.</summary>
    public bool TestCents { get; init; }

    public FakeTimeProvider Clock { get; } = new();

    public Journal Journal { get; } = Journal.Open(null, "DEVICE");

    public long Epoch { get; private set; }

    /// <summary>For how long its power, or its connection, is to be gone.</summary>
    public TimeSpan? OffFor { get; private set; }

    public TimeSpan? CutFor { get; private set; }

    /// <summary>All that it has sent and the test has not read.</summary>
    public Queue<DeviceFrame> Sent { get; } = [];

    /// <summary>The results that it has sent, as words.</summary>
    public string[] Results =>
        [.. TakeSent().OfType<Result>().Select(one => $"{one.Outcome} {one.Reason} {one.Amount} {one.Tip}".Trim())];

    public async ValueTask DisposeAsync() => await _device.DisposeAsync();

    /// <summary>Its next life, with the same journal.</summary>
    public async Task Restart()
    {
        await _device.DisposeAsync();
        (_device, _outbox) = SwitchOn();
        Connect();
    }

    /// <summary>A connection, welcomed with a new epoch.</summary>
    public void Connect(CheckoutDisplay? open = null)
    {
        _outbox = new(_setup.Faults, Clock, () => throw new InvalidOperationException("The queue is full."));
        _device.AttachLink(_outbox);
        Epoch++;
        Tell(new Welcome(Epoch, "Lane", open));
    }

    public void Disconnect() => _device.DetachLink();

    public void Tell(ServerFrame frame) => _device.TakeFrame(frame);

    /// <summary>Shows a checkout and grants its start.</summary>
    public CheckoutDisplay Order(long amount = 1500, params decimal[] tips)
    {
        var order = Show(amount, tips);
        Grant(order);
        return order;
    }

    public CheckoutDisplay Show(long amount = 1500, params decimal[] tips)
    {
        var order = new CheckoutDisplay
        {
            CheckoutId = Guid.NewGuid(),
            Amount = amount,
            Currency = "EUR",
            MinorUnit = 2,
            TipRates = tips.Length > 0 ? tips : null,
            Started = false,
            RemainingMs = 60_000,
            TestCents = TestCents ? true : null,
        };
        Tell(new ShowCheckout(Epoch, order));
        return order;
    }

    public void Grant(CheckoutDisplay order) => Tell(new Granted(Epoch, order.CheckoutId));

    public void Acknowledge(CheckoutDisplay order) => Tell(new Ack(Epoch, order.CheckoutId));

    /// <summary>Tells it what a test wants; the answer is among what it sends.</summary>
    public Guid Wish(DeviceWish wish, long? epoch = null)
    {
        var id = Guid.NewGuid();
        Tell(new Act(epoch ?? Epoch, id, wish));
        return id;
    }

    /// <summary>The same, and its answer, which must come at once.</summary>
    public Acted Do(DeviceWish wish)
    {
        var id = Wish(wish);
        return Answer(id) ?? throw new InvalidOperationException("There is no answer.");
    }

    /// <summary>Why it does not do it; null when it does.</summary>
    public string? Try(DeviceWish wish) => Do(wish).Refused;

    /// <summary>The answer to a wish; null when there is none yet.</summary>
    public Acted? Answer(Guid id) => TakeSent().OfType<Acted>().SingleOrDefault(one => one.ActId == id);

    public DeviceScene Scene => Do(new() { Do = Wishes.Show }).Scene;

    public void Pass(double seconds) => Clock.Advance(TimeSpan.FromSeconds(seconds));

    private (Device Device, Outbox Outbox) SwitchOn() =>
        (new(_options, _setup, Journal, Clock,
            new(() => { }, e => throw e, cut => CutFor = cut, off => OffFor = off)), _outbox);

    /// <summary>All frames so far; they stay, so that several questions can be asked about them.</summary>
    private Queue<DeviceFrame> TakeSent()
    {
        while (_outbox.TryTake(out var frame)) Sent.Enqueue(frame);
        return Sent;
    }
}
