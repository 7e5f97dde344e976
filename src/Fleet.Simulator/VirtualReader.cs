using System.Runtime.ExceptionServices;
using Fleet.Protocol;
using Fleet.Simulator.Devices;
using Fleet.Simulator.Linking;

namespace Fleet.Simulator;

/// <summary>
/// A virtual card reader: connects to Fleet, pairs, takes payments from a simulated customer, and reconnects whenever
/// the connection is lost. It uses no thread while nothing happens.
/// </summary>
public sealed class VirtualReader
{
    private readonly VirtualReaderOptions _options;
    private readonly TimeProvider _clock;
    private readonly TestSetup _setup;
    private CancellationTokenSource? _link;
    private TimeSpan? _cutFor, _offFor;
    private volatile Device? _device;
    private volatile ReaderSnapshot _resting, _announced;
    private int _running;

    /// <summary>Makes the device and opens its journal; it does nothing before <see cref="RunAsync"/>.</summary>
    /// <param name="options">What the device is.</param>
    /// <param name="clock">The clock for everything.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="JournalException">The journal cannot be read.</exception>
    public VirtualReader(VirtualReaderOptions options, TimeProvider clock)
    {
        options.CheckOptions();
        (_options, _clock, _setup) = (options, clock, new(options));
        Journal = Journal.Open(options.JournalFolder, options.Serial);
        _announced = _resting = new()
        {
            Serial = options.Serial,
            ReaderId = Journal.ReaderId,
            Screen = Screens.Idle,
            Charges = Journal.Charges.Count,
        };
    }

    /// <summary>
    /// Raised after <see cref="Snapshot"/> changed, on the thread that changed it: handlers must be quick and never
    /// throw.
    /// </summary>
    public event Action<VirtualReader>? Changed;

    /// <summary>What the device remembers. It outlives <see cref="RunAsync"/>.</summary>
    public Journal Journal { get; }

    /// <summary>The visible state of the device now.</summary>
    public ReaderSnapshot Snapshot => _device?.Snapshot ?? _resting;

    /// <summary>
    /// Runs the device from power on until <paramref name="cancel"/>; then it returns within a second. A payment in
    /// progress is lost, as on a real device without power. May be called again afterwards, with the same journal.
    /// </summary>
    /// <exception cref="JournalException">The journal cannot be written, so the device had to stop.</exception>
    /// <exception cref="InvalidOperationException">The device is running already.</exception>
    public async Task RunAsync(CancellationToken cancel)
    {
        if (Interlocked.Exchange(ref _running, 1) == 1)
            throw new InvalidOperationException("The device is running already.");
        try
        {
            // each life ends when a test takes the power away
            while (await RunLife(cancel) is { } off)
            {
                AnnounceChange();
                await Task.Delay(off, _clock, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        catch (JournalException e)
        {
            _resting = _resting with { Trouble = e.Message };
            throw;
        }
        finally
        {
            AnnounceChange();
            Volatile.Write(ref _running, 0);
        }
    }

    /// <summary>Runs from power on to power off. The result is when it is switched on again; null for never.</summary>
    private async Task<TimeSpan?> RunLife(CancellationToken cancel)
    {
        using var power = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        ExceptionDispatchInfo? broken = null;
        _offFor = null;
        await using var device = new Device(_options, _setup, Journal, _clock, new(AnnounceChange, EndLife, CutLink,
            off =>
            {
                _offFor = off;
                power.CancelAfter(TimeSpan.Zero);
            }));
        _device = device;
        try
        {
            await KeepLinked(device, power.Token);
            broken?.Throw();
            return cancel.IsCancellationRequested ? null : _offFor;
        }
        finally
        {
            _resting = device.Snapshot with
            {
                Connected = false,
                Welcomed = false,
                Trouble = null,
                PairingCode = null,
                Checkout = null,
                Screen = Screens.Idle,
            };
            _device = null;
        }

        void EndLife(Exception e)
        {
            broken = ExceptionDispatchInfo.Capture(e);
            power.CancelAfter(TimeSpan.Zero);
        }
    }

    private async Task KeepLinked(Device device, CancellationToken cancel)
    {
        var redial = new Redial(Dice.FromText(_options.Seed, "redial " + _options.Serial), _options.LongestRedial);
        while (!cancel.IsCancellationRequested)
        {
            _cutFor = null;
            var end = await HoldLink(device, cancel);
            device.NoteTrouble(end.Why);
            await Task.Delay(_cutFor ?? redial.WaitAfter(end), _clock, cancel)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<LinkEnd> HoldLink(Device device, CancellationToken cancel)
    {
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        _link = cut;
        using var link = new DeviceLink(device, _setup.Faults, _clock);
        try
        {
            return await link.HoldLink(_options.Server, _options.Certificate, cut.Token);
        }
        finally
        {
            Volatile.Write(ref _link, null);
        }
    }

    /// <summary>
    /// Ends the connection by a timer and not at once, because the caller is inside the device's turn. What was to be
    /// sent is sent before.
    /// </summary>
    private void CutLink(TimeSpan off)
    {
        _cutFor = off;
        Volatile.Read(ref _link)?.CancelAfter(TimeSpan.Zero);
    }

    /// <summary>
    /// Raises the event. Two threads may both find a change: then it is raised twice, but never lost.
    /// </summary>
    private void AnnounceChange()
    {
        var snapshot = Snapshot;
        if (snapshot == _announced) return;
        _announced = snapshot;
        Changed?.Invoke(this);
    }
}
