using System.Diagnostics;
using Fleet.Core;
using Fleet.Server.Access;
using Fleet.Server.Grains;
using Fleet.Server.Stores;
using Google.Protobuf.WellKnownTypes;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Reads counts and problems of stores, all at the same time.</summary>
internal sealed class FleetStatusQuery(
    StoreDirectory stores, MerchantDirectory merchants, IGrainFactory grains, IClusterMembershipService cluster,
    StorageSilence storage)
{
    /// <summary>How long the stores may take, in milliseconds, when the caller does not say it.</summary>
    private const int DefaultDeadline = 2_000;

    /// <summary>
    /// The part of the deadline in which merchants must list their stores; a merchant on a frozen node does not.
    /// </summary>
    private const double ShareOfLists = 0.25;

    /// <summary>Problems in one answer.</summary>
    private const int MaxProblems = 1_000;

    /// <summary>Versions of firmware in one answer.</summary>
    private const int MaxFirmware = 20;

    private static readonly IReadOnlyDictionary<string, int> NoFirmware = new Dictionary<string, int>();

    /// <summary>Reads the status.</summary>
    /// <param name="merchantCode">Of this merchant; null for all.</param>
    /// <param name="store">Of this store of the merchant; null for all.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="cancel">Ends the read.</param>
    public async Task<Proto.FleetStatusReply> Read(
        string? merchantCode, string? store, Proto.FleetStatusRequest request, CancellationToken cancel)
    {
        var codes = merchantCode is { } one ? [one] : merchants.Codes;
        var start = Stopwatch.GetTimestamp();
        var deadline = TimeSpan.FromMilliseconds(request.DeadlineMs == 0 ? DefaultDeadline : request.DeadlineMs);
        var lists = await Task.WhenAll(codes.Select(code =>
            ListStoreKeys(new(code, store), deadline * ShareOfLists, cancel)));
        var keys = lists.SelectMany(list => list).ToList();
        if (request.Stores.Count > 0) keys = SelectStores(request.Stores, keys);
        var gateway = grains.GetGrain<IFleetGatewayGrain>(0);
        var outcomes = await Failover.CallWithRetry(
            () => gateway.CountReaders(keys, FanOut.TimeLeft(deadline, start)), cancel);
        var reply = SumCounts(keys, outcomes, request.ByStore);
        reply.Nodes.AddRange(ListNodes());
        reply.Version = ProgramVersion.Text;
        reply.Database = storage.IsLong ? "down" : "up";
        reply.Cloud = await FindTrouble(ofChain: merchantCode is null);
        reply.Adoptable = store is null ? await CountAdoptable(codes) : 0;
        return reply;
    }

    /// <summary>What calls to SumUp say; null when there were none, or that is not known now.</summary>
    /// <param name="ofChain">Whether to tell how many merchants there are.</param>
    private async Task<Proto.CloudTrouble?> FindTrouble(bool ofChain)
    {
        try
        {
            var known = await grains.GetGrain<ICloudTroubleGrain>(0).GetTrouble();
            return known.Calling == 0 ? null : new()
            {
                Trouble = known.Since is not null,
                Since = known.Since?.ToTimestamp(),
                Merchants = ofChain ? known.Calling : 0,
                Suspect = ofChain ? known.Suspect : 0,
            };
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            return null;
        }
    }

    /// <summary>An account that does not answer counts nothing: this is no number that an alarm depends on.</summary>
    private async Task<int> CountAdoptable(IReadOnlyList<string> codes)
    {
        var counts = await Task.WhenAll(codes.Select(async code =>
        {
            try
            {
                return (await grains.GetGrain<ICloudAccountGrain>(code).CountReaders()).Adoptable;
            }
            catch (Exception e) when (TransientFailure.Is(e))
            {
                return 0;
            }
        }));
        return counts.Sum();
    }

    private IEnumerable<Proto.ClusterNode> ListNodes() => cluster.CurrentSnapshot.Members.Values
        .Where(member => member.Status is not (SiloStatus.Dead or SiloStatus.None))
        .Select(member => new Proto.ClusterNode { Name = member.Name, State = member.Status.ToWireName() })
        .OrderBy(node => node.Name, StringComparer.Ordinal);

    private async Task<IEnumerable<string>> ListStoreKeys(Reach caller, TimeSpan patience, CancellationToken cancel) =>
        (await stores.ListLastKnown(caller, patience, cancel)).Select(
            store => StoreKey.ForStore(caller.MerchantCode, store.Id));

    /// <summary>The stores with these names, of all merchants.</summary>
    private static List<string> SelectStores(IReadOnlyCollection<string> names, List<string> known)
    {
        var wanted = known.Where(key => names.Contains(StoreKey.SplitKey(key).Store)).ToList();
        var unknown = names.Except(wanted.Select(key => StoreKey.SplitKey(key).Store)).ToList();
        return unknown.Count == 0 ? wanted : throw RpcErrors.InvalidField("stores", $"{unknown[0]} is not a store");
    }

    private static Proto.FleetStatusReply SumCounts(
        List<string> keys, IReadOnlyList<CallOutcome<StoreCounts?>> outcomes, bool byStore)
    {
        var reply = new Proto.FleetStatusReply { Stores = keys.Count, Readers = new() };
        var firmware = new Dictionary<string, int>();
        for (var i = 0; i < keys.Count; i++)
        {
            var (merchantCode, store) = StoreKey.SplitKey(keys[i]);
            var row = new Proto.StoreRow { MerchantCode = merchantCode, Store = store };
            if (outcomes[i].Result is { } counts)
            {
                row.Readers = ToCounts(counts);
                reply.Readers.AddCounts(row.Readers);
                foreach (var (version, readers) in counts.Firmware ?? NoFirmware)
                    firmware[version] = firmware.GetValueOrDefault(version) + readers;
                foreach (var problem in counts.Problems.Take(MaxProblems - reply.Problems.Count))
                    reply.Problems.Add(ToProblem(row, problem));
            }
            else
            {
                row.Error = outcomes[i].Error ?? "is retired";
                reply.Failed++;
            }
            if (byStore || row.Error.Length > 0) reply.Rows.Add(row);
        }
        reply.Firmware.AddRange(firmware.OrderByDescending(one => one.Value)
            .ThenBy(one => one.Key, StringComparer.Ordinal).Take(MaxFirmware)
            .Select(one => new Proto.FirmwareCount { Firmware = one.Key, Readers = one.Value }));
        return reply;
    }

    private static Proto.ReaderCounts ToCounts(StoreCounts counts) => new()
    {
        Total = counts.Readers,
        Free = counts.Free,
        Busy = counts.Busy,
        Offline = counts.Offline,
        Unpaired = counts.Unpaired,
        Silent = counts.Silent,
        Waiting = counts.Waiting,
        Unknown = counts.Unknown,
    };

    private static Proto.ReaderProblem ToProblem(Proto.StoreRow row, ReaderProblem problem) => new()
    {
        MerchantCode = row.MerchantCode,
        Store = row.Store,
        ReaderId = problem.ReaderId,
        Name = problem.Name,
        Problem = problem.Kind.ToWireName(),
        ReplacedBy = problem.ReplacedBy,
    };
}
