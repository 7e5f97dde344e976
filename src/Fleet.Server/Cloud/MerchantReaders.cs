using Fleet.Core;
using Fleet.Core.Cloud;
using Fleet.Core.Readers;
using Fleet.Server.Grains;
using Fleet.Server.Settings;
using Fleet.Server.Stores;
using Fleet.Server.Telemetry;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Cloud;

/// <summary>Fleet's readers of a merchant, as its account at SumUp's cloud finds and changes them.</summary>
internal sealed class MerchantReaders(
    StoreDirectory stores, IGrainFactory grains, ReaderGrainFactory readers, FleetMeter meter,
    IOptions<FleetOptions> options, ILogger<MerchantReaders> log)
{
    /// <summary>How long the stores of a merchant may take to tell their readers.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(8);

    /// <summary>How much later than the others a merchant's comparison may be, as a share of the period.</summary>
    private const double Spread = 0.1;

    public int CallsPerSecond => options.Value.Cloud.RequestsPerSecond;

    /// <summary>The time between two comparisons.</summary>
    public TimeSpan Period => TimeSpan.FromMinutes(options.Value.Cloud.RosterMinutes);

    /// <summary>A part of the period that each merchant has for itself, so that not all compare at once.</summary>
    public TimeSpan SharePeriod(string merchantCode) =>
        Period * Spread * (merchantCode.Sum(letter => letter) % 100 / 100d);

    /// <summary>All readers of a merchant; null when some may be missing.</summary>
    public async Task<IReadOnlyList<KnownReader>?> FindAll(string merchantCode)
    {
        var open = await stores.ListOpen(new(merchantCode), CancellationToken.None);
        var keys = open.Select(store => StoreKey.ForStore(merchantCode, store.Id)).ToList();
        var boards = (await grains.GetGrain<IFleetGatewayGrain>(0).GetBoards(keys, Deadline))
            .Select(outcome => outcome.Result).OfType<Board>().ToList();
        return boards.Count < keys.Count || boards.Exists(board => board.Silent.Count > 0)
            ? null
            : [.. boards.SelectMany(board => board.Lines).Select(line => new KnownReader(line.ReaderId, line.Pairing))];
    }

    /// <summary>Makes a change of a reader.</summary>
    public async Task Apply(string merchantCode, RosterFinding finding)
    {
        var (known, change, listed) = finding;
        if (known.Profile.CloudReaderId is not { } id) return;
        switch (change)
        {
            case RosterChange.PairedAnew when listed is not null:
                await Rebind(merchantCode, known, listed);
                break;
            case RosterChange.Confirmed:
                await Confirm(merchantCode, new(known.Id, id));
                break;
            case RosterChange.Lost when await readers[known.Id].TakePairing(id, PairingStatus.Expired):
                log.ReaderLost(known.Id, merchantCode);
                CountResult(RosterResult.Lost);
                break;
        }
    }

    /// <summary>Lets a reader know that its device has confirmed the pairing.</summary>
    public async Task Confirm(string merchantCode, CloudReader reader)
    {
        if (!await readers[reader.ReaderId].TakePairing(reader.CloudReaderId, PairingStatus.Paired)) return;
        log.ReaderConfirmed(reader.ReaderId, merchantCode);
        CountResult(RosterResult.Confirmed);
    }

    /// <summary>Lets a reader know what the cloud told of it. A lost call does no harm: it is asked again.</summary>
    public async Task TellStatus(CloudReader reader, CloudReaderStatus status)
    {
        try
        {
            await readers[reader.ReaderId].TakeStatus(status);
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            log.StatusLost(reader.ReaderId, e.GetBaseException().Message);
        }
    }

    public void CountResult(RosterResult result) => meter.CountRoster(result.ToWireName());

    /// <summary>Runs work that no caller waits for. What fails is logged, and is done again later.</summary>
    public async Task Guard(string merchantCode, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e) // nothing above could log it
        {
            CountResult(RosterResult.Failed);
            log.ComparisonPutOff(merchantCode, e.GetBaseException().Message);
        }
    }

    private async Task Rebind(string merchantCode, KnownReader known, ListedReader listed)
    {
        var wanted = known.Profile with { CloudReaderId = listed.Id, Status = listed.Status, Device = listed.Device };
        var reply = await readers[known.Id].BindToCloud(new(merchantCode), wanted, dryRun: false);
        if (reply is not { Kind: Adoption.PairedAnew, Refusal: null }) return; // with an open checkout: later
        log.ReaderRebound(known.Id, merchantCode);
        CountResult(RosterResult.Rebound);
        if (listed.Status is PairingStatus.Processing)
            grains.GetGrain<ICloudAccountGrain>(merchantCode).WatchPairing(new(known.Id, listed.Id)).Ignore();
    }
}

/// <summary>What is counted of comparisons, and of the readers that they change.</summary>
internal enum RosterResult
{
    /// <summary>A comparison was made.</summary>
    Compared,

    /// <summary>The cloud's list could not be read whole.</summary>
    Failed,

    /// <summary>Not all of Fleet's readers were known.</summary>
    Partial,

    /// <summary>The list was empty, and that was not believed yet.</summary>
    Doubted,

    /// <summary>A reader that has lost its pairing.</summary>
    Lost,

    /// <summary>A reader whose device was paired anew.</summary>
    Rebound,

    /// <summary>A reader whose device has confirmed its pairing.</summary>
    Confirmed,
}
