using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Fleet.Core;
using Fleet.Core.Readers;
using Fleet.Server.Grains;
using Fleet.Server.Settings;
using Fleet.Server.Stores;
using Fleet.Simulator;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Api;

/// <summary>
/// The test readers of this node: virtual readers that connect over the network like any other device. Their plans and
/// journals are files, so that they are there again after a restart; a reader that is unpaired leaves nothing.
/// </summary>
internal sealed class TestReaderHost(
    NodeAddresses addresses, IHostApplicationLifetime life, ReaderPairing pairing, IOptions<FleetOptions> options,
    TimeProvider time, ILogger<TestReaderHost> log) : BackgroundService
{
    /// <summary>How long a new reader may take until it is online.</summary>
    private static readonly TimeSpan MadeWithin = TimeSpan.FromSeconds(30);

    private const int SerialLetters = 12, MadeAtOnce = 8;

    private readonly ConcurrentDictionary<string, TestReaderRun> _running = new();
    private readonly TestReaderFiles _files = new(options.Value.Data);
    private int _count;

    private CancellationToken Stopping => life.ApplicationStopping;

    /// <summary>Takes places for new readers, or says why not. A place is used or given back.</summary>
    public Refusal? TakePlaces(int count)
    {
        var refusal = TestReaderRules.AddReaders(Interlocked.Add(ref _count, count) - count, count);
        if (refusal is not null) GiveBack(count);
        return refusal;
    }

    /// <summary>Gives places back.</summary>
    public void GiveBack(int count) => Interlocked.Add(ref _count, -count);

    /// <summary>
    /// Makes readers, some at a time, pairs each and waits until it is online. They use places that were taken.
    /// </summary>
    /// <returns>For each the reader; or why it was not paired, which leaves nothing.</returns>
    public async IAsyncEnumerable<PairReply> MakeReaders(
        IStoreGrain store, IReadOnlyList<PairReader> orders, TestReaderPlan plan,
        [EnumeratorCancellation] CancellationToken cancel)
    {
        var left = orders.Count;
        try
        {
            foreach (var some in orders.Chunk(MadeAtOnce))
            {
                left -= some.Length;
                foreach (var reply in await Task.WhenAll(some.Select(order => MakeReader(store, order, plan, cancel))))
                    yield return reply;
            }
        }
        finally
        {
            GiveBack(left);
        }
    }

    private async Task<PairReply> MakeReader(
        IStoreGrain store, PairReader order, TestReaderPlan plan, CancellationToken cancel)
    {
        var serial = "TEST-" + RandomNumberGenerator.GetString(Ids.Alphabet, SerialLetters);
        var run = await BeginReader(serial, plan);
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

    private async Task<TestReaderRun> BeginReader(string serial, TestReaderPlan plan)
    {
        try
        {
            await _files.SavePlan(serial, plan);
            return StartReader(serial, plan);
        }
        catch (Exception e)
        {
            GiveBack(1);
            // an IOException would be taken for one of the caller's connection
            throw new InvalidOperationException($"The files of a test reader cannot be written: {e.Message}", e);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!await life.WaitForStart(stoppingToken) || stoppingToken.IsCancellationRequested) return;
        foreach (var serial in _files.ListSerials().Take(TestReaderRules.MaxReaders).ToArray()) StartAgain(serial);
        await Task.Delay(Timeout.InfiniteTimeSpan, time, stoppingToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_running.Values.Select(run => run.Running));
    }

    /// <summary>Starts a reader of an earlier run of the node; one that was never paired is forgotten.</summary>
    private void StartAgain(string serial)
    {
        try
        {
            if (_files.ReadPlan(serial) is { } plan)
            {
                StartReader(serial, plan);
                Interlocked.Increment(ref _count);
            }
            else _files.Forget(serial);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or JournalException
            or InvalidOperationException)
        {
            log.TestReaderLost(serial, e.Message);
        }
    }

    private TestReaderRun StartReader(string serial, TestReaderPlan plan)
    {
        var reader = new VirtualReader(new()
        {
            Serial = serial,
            Server = addresses.Link ?? throw new InvalidOperationException("Test readers need an address with http."),
            Scenario = plan.Scenario,
            Seed = plan.Seed,
            Pace = plan.Pace,
            JournalFolder = _files.Journals,
        }, time);
        var run = new TestReaderRun(reader, time, log, Stopping);
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
        GiveBack(1);
        if (trouble is null) _files.Forget(serial);
    }
}
