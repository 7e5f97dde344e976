using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Fleet.Core;
using Fleet.Protocol;
using Fleet.Server.Grains;
using Fleet.Server.Settings;
using Fleet.Server.Stores;
using Fleet.Simulator;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Api;

/// <summary>How the customers of a test reader behave.</summary>
/// <param name="Scenario">The scenario.</param>
/// <param name="Seed">Decides every random choice.</param>
/// <param name="Pace">Multiplies the time that people take.</param>
internal sealed record TestReaderPlan(Scenario Scenario, int Seed, double Pace);

/// <summary>
/// The test readers of this node: virtual readers that connect over the network like any other device. Their plans and
/// journals are files, so that they are there again after a restart; a reader that is unpaired leaves nothing.
/// </summary>
internal sealed class TestReaderHost(
    IServer server, IHostApplicationLifetime life, ReaderPairing pairing, IOptions<FleetOptions> options,
    TimeProvider time, ILogger<TestReaderHost> log) : BackgroundService
{
    /// <summary>The most test readers of a node.</summary>
    public const int MaxReaders = 1_000;

    /// <summary>How long a new reader may take until it is online.</summary>
    private static readonly TimeSpan MadeWithin = TimeSpan.FromSeconds(30);

    private const int SerialLetters = 12;

    private readonly ConcurrentDictionary<string, TestReaderRun> _running = new();
    private int _count;

    private CancellationToken Stopping => life.ApplicationStopping;

    private string Journals => Path.Combine(options.Value.Data, "test-readers");

    private string Plans => Path.Combine(Journals, "plans");

    /// <summary>Takes places for new readers; false when there are not enough left.</summary>
    public bool TakePlaces(int count)
    {
        if (Interlocked.Add(ref _count, count) <= MaxReaders) return true;
        Interlocked.Add(ref _count, -count);
        return false;
    }

    /// <summary>Makes a reader, pairs it and waits until it is online. It needs a place.</summary>
    /// <returns>The reader; or why it was not paired, which leaves nothing.</returns>
    public async Task<PairReply> MakeReader(
        IStoreGrain store, PairReader order, TestReaderPlan plan, CancellationToken cancel)
    {
        var serial = "TEST-" + RandomNumberGenerator.GetString(Ids.Alphabet, SerialLetters);
        Directory.CreateDirectory(Plans);
        await File.WriteAllBytesAsync(
            PlanFile(serial), JsonSerializer.SerializeToUtf8Bytes(plan), CancellationToken.None);
        var run = StartReader(serial, plan);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel, Stopping);
        patience.CancelAfter(MadeWithin);
        try
        {
            var shown = await run.WaitUntil(one => one.PairingCode is not null, patience.Token);
            var reply = await pairing.PairReader(store, order with { Code = shown.PairingCode ?? "" });
            if (reply.Reader is null) await run.Stop();
            else await run.WaitUntil(one => one.Welcomed, patience.Token);
            return reply;
        }
        catch
        {
            await run.Stop();
            throw;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource();
        await using var one = life.ApplicationStarted.Register(() => started.TrySetResult());
        await using var other = stoppingToken.Register(() => started.TrySetCanceled(stoppingToken));
        await started.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (stoppingToken.IsCancellationRequested) return;
        if (Directory.Exists(Plans))
        {
            foreach (var file in Directory.EnumerateFiles(Plans).Take(MaxReaders)) StartAgain(file);
        }
        await Task.Delay(Timeout.InfiniteTimeSpan, time, stoppingToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_running.Values.Select(run => run.Running));
    }

    /// <summary>Starts a reader of an earlier run of the node; one that was never paired is forgotten.</summary>
    private void StartAgain(string file)
    {
        var serial = Path.GetFileName(file);
        try
        {
            if (Journal.Open(Journals, serial).ReaderId is null)
            {
                File.Delete(file);
                return;
            }
            if (JsonSerializer.Deserialize<TestReaderPlan>(File.ReadAllBytes(file)) is not { } plan) return;
            Interlocked.Increment(ref _count);
            StartReader(serial, plan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or JournalException
            or ArgumentException)
        {
            log.TestReaderLost(serial, e.Message);
        }
    }

    private TestReaderRun StartReader(string serial, TestReaderPlan plan)
    {
        var reader = new VirtualReader(new()
        {
            Serial = serial,
            Server = LinkAddress,
            Scenario = plan.Scenario,
            Seed = plan.Seed,
            Pace = plan.Pace,
            JournalFolder = Journals,
        }, time);
        var run = new TestReaderRun(reader, Stopping);
        _running[serial] = run;
        run.Begin(gone => EndReader(serial, gone));
        return run;
    }

    /// <summary>The run of a reader is over.</summary>
    private void EndReader(string serial, Exception? trouble)
    {
        if (trouble is not null) log.TestReaderLost(serial, trouble.Message);
        if (Stopping.IsCancellationRequested) return; // it goes on with the next start of the node
        _running.TryRemove(serial, out _);
        Interlocked.Decrement(ref _count);
        if (trouble is not null) return;
        File.Delete(PlanFile(serial));
        File.Delete(Path.Combine(Journals, serial + ".json"));
    }

    private string PlanFile(string serial) => Path.Combine(Plans, serial);

    /// <summary>Where devices reach this node from the same machine.</summary>
    private Uri LinkAddress
    {
        get
        {
            var all = server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
            var plain = all.FirstOrDefault(one => one.StartsWith("http:", StringComparison.OrdinalIgnoreCase))
                ?? throw new InvalidOperationException("Test readers need an address with http.");
            var address = BindingAddress.Parse(plain);
            var host = address.Host is "+" or "*" or "0.0.0.0" or "[::]" ? "127.0.0.1" : address.Host;
            return new UriBuilder("ws", host, address.Port, Link.Path).Uri;
        }
    }
}

/// <summary>A test reader that runs, until its pairing or the node ends.</summary>
internal sealed class TestReaderRun
{
    private readonly VirtualReader _reader;
    private readonly CancellationTokenSource _over;
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _wasPaired;

    public TestReaderRun(VirtualReader reader, CancellationToken stopping)
    {
        (_reader, _wasPaired) = (reader, reader.Journal.ReaderId is not null);
        _over = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        reader.Changed += _ => NoteChange();
    }

    /// <summary>The run, which never fails.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    /// <summary>Switches the reader on.</summary>
    /// <param name="ended">Called when the run is over, with what went wrong.</param>
    public void Begin(Action<Exception?> ended) => Running = Run(ended);

    /// <summary>Switches the reader off for ever.</summary>
    public async Task Stop()
    {
        await _over.CancelAsync();
        await Running;
    }

    /// <summary>What the reader shows as soon as that is so.</summary>
    public async Task<Simulator.ReaderSnapshot> WaitUntil(
        Func<Simulator.ReaderSnapshot, bool> happened, CancellationToken cancel)
    {
        while (true)
        {
            var changed = _changed;
            if (_reader.Snapshot is var now && happened(now)) return now;
            await changed.Task.WaitAsync(cancel);
        }
    }

    private async Task Run(Action<Exception?> ended)
    {
        await Task.Yield();
        try
        {
            await _reader.RunAsync(_over.Token);
            ended(null);
        }
        catch (Exception e) when (e is JournalException or IOException or UnauthorizedAccessException)
        {
            ended(e);
        }
        _over.Dispose();
    }

    /// <summary>The reader is quick to call this, inside its own work: the end comes by a timer.</summary>
    private void NoteChange()
    {
        var paired = _reader.Snapshot.ReaderId is not null;
        if (_wasPaired && !paired) _over.CancelAfter(TimeSpan.Zero);
        _wasPaired |= paired;
        Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }
}
