using System.Net;
using Fleet.Core;
using Fleet.Core.Cloud;
using Fleet.Core.Readers;
using Fleet.Server.Checkouts;
using Fleet.Server.Grains;
using Fleet.Server.Hosting;
using Fleet.Server.Links;
using Fleet.Server.Stores;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Fleet.Benchmarks.Sides;

/// <summary>
/// Fleet as it is: Kestrel, key check, validation, reader grain, ledger, and the frame for the device. Only the devices
/// are missing: frames to them end in <see cref="SinkSocket"/>.
/// </summary>
internal sealed class FleetSide : ISide, IAsyncDisposable
{
    /// <summary>
    /// Links that the readers share, so many that no two requests under way meet on one: each frame wakes a send loop
    /// of its own, as if each reader had its own link.
    /// </summary>
    private const int Links = 1024;

    /// <summary>Grain calls at once while readers are made and freed; each may hold a database connection.</summary>
    private const int AtOnce = 32;

    /// <summary>The sinks never answer a ping, so the first ping must come after any run.</summary>
    private static readonly TimeSpan NoPing = TimeSpan.FromDays(1);

    private static readonly TimeSpan AdoptWithin = TimeSpan.FromSeconds(30);

    private readonly WebApplication _node;

    /// <param name="args">The node's command line.</param>
    /// <param name="forgets">Whether the ledger stores nothing: the ceiling.</param>
    public FleetSide(string[] args, bool forgets) => _node = FleetNode.Build(args, builder =>
    {
        // Standard output is for the answers to orders.
        builder.Services.RemoveAll<TextWriter>().AddSingleton(Console.Error);
        if (!forgets) return;
        builder.Services.RemoveAll<ILedger>();
        builder.Services.AddSingleton<ILedger, ForgetfulLedger>();
    });

    private IGrainFactory Grains => _node.Services.GetRequiredService<IGrainFactory>();

    /// <summary>The grain of a reader, for calls within this process.</summary>
    public IReaderGrain GetReader(int number) => Grains.GetGrain<IReaderGrain>(ReaderIds.Of(number));

    /// <summary>Stops the node, where it shares its process with a measurement.</summary>
    public async ValueTask DisposeAsync()
    {
        await _node.StopAsync();
        await _node.DisposeAsync();
    }

    public async Task Start(int readers)
    {
        await _node.StartAsync();
        var links = readers > 0 ? PlugIn() : [];
        await ForEach(readers, reader => Pair(reader, links));
    }

    public Task OpenStores(int stores) => ForEach(stores, async store =>
    {
        var reply = await Grains.GetGrain<IMerchantGrain>(BenchMerchant.Code)
            .CreateStore($"store-{store}", $"Store {store}");
        if (reply.Refusal is not null) throw new InvalidOperationException($"Store {store}: {reply.Refusal}");
    });

    public async Task Add(int first, int readers)
    {
        var links = PlugIn();
        await ForEach(readers, i => Pair(first + i, links, ReaderIds.StoreOf(first + i)));
    }

    public async Task Adopt()
    {
        var (reach, now) = (new Reach(BenchMerchant.Code), TimeProvider.System.GetUtcNow());
        var listed = await Grains.GetGrain<ICloudAccountGrain>(BenchMerchant.Code).ListReaders()
            ?? throw new InvalidOperationException("The cloud did not list its readers.");
        foreach (var some in listed.Chunk(AtOnce))
        {
            var orders = some.Select(one => new AdoptReader(one.Id, reach,
                AdoptionRules.MakeProfile(one, reach, ReaderProfile.DefaultStore, [], now))).ToList();
            var outcomes = await Grains.GetGrain<IFleetGatewayGrain>(0)
                .AdoptReaders(orders, dryRun: false, AdoptWithin);
            foreach (var wrong in outcomes.Where(one => one.Result?.Reader is null))
                throw new InvalidOperationException($"A reader was not adopted: {wrong}");
        }
    }

    public Task Free(int readers) => ForEach(readers, async reader =>
    {
        var refusal = await GetReader(reader).TerminateCheckout(new(BenchMerchant.Code), null, null);
        if (refusal is not null) throw new InvalidOperationException($"Reader {reader} was not freed: {refusal}");
    });

    private static Task ForEach(int readers, Func<int, Task> call) => Parallel.ForAsync(0, readers,
        new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, (reader, _) => new(call(reader)));

    private LinkAddress[] PlugIn()
    {
        var connections = _node.Services.GetRequiredService<LinkConnections>();
        var silo = _node.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;
        return [.. Enumerable.Range(0, Links).Select(i =>
        {
            var link = new LinkConnection(
                new SinkSocket(), connections.NextNumber(), IPAddress.Loopback, NoPing, TimeProvider.System);
            connections.AddConnection(link);
            _ = link.ServeDevice(frame => Task.CompletedTask, CancellationToken.None); // ends with the process
            return new LinkAddress(silo, link.Number);
        })];
    }

    private async Task Pair(int number, LinkAddress[] links, string store = ReaderProfile.DefaultStore)
    {
        var (id, now) = (ReaderIds.Of(number), TimeProvider.System.GetUtcNow());
        var device = new Device($"BENCH-{number}", Device.VirtualSolo, "3.3.40.3");
        var grain = Grains.GetGrain<IReaderGrain>(id);
        await grain.CreateReader(new()
        {
            MerchantCode = BenchMerchant.Code,
            Store = store,
            Name = $"Lane {number}",
            Device = device,
            Status = PairingStatus.Paired,
            CreatedAt = now,
            UpdatedAt = now,
        });
        var attachment = new Attachment(links[number % links.Length], Epoch: 1);
        _node.Services.GetRequiredService<LinkConnections>().AttachReader(id, attachment);
        if (await grain.AttachDevice(attachment, device) is null)
            throw new InvalidOperationException($"Reader {number} took no device.");
    }
}
