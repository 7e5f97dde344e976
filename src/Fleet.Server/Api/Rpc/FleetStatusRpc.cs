using System.Diagnostics;
using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Server.Access;
using Fleet.Server.Grains;
using Fleet.Server.Stores;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Counts and problems of stores, over gRPC.</summary>
internal sealed class FleetStatusRpc(
    StoreDirectory stores, MerchantDirectory merchants, IGrainFactory grains, IClusterMembershipService cluster)
    : Proto.FleetStatus.FleetStatusBase
{
    private const int DefaultDeadline = 2_000, MaxDeadline = 10_000; // milliseconds

    /// <summary>
    /// The part of the deadline in which merchants must list their stores; a merchant on a frozen node does not.
    /// </summary>
    private const double ShareOfLists = 0.25;

    /// <summary>Problems in one answer.</summary>
    private const int MaxProblems = 1_000;

    [RequiredScope(Scopes.FleetRead, ForChain = true)]
    public override async Task<Proto.FleetStatusReply> Get(Proto.FleetStatusRequest request, ServerCallContext context)
    {
        var fields = new FieldCheck();
        fields.CheckRange("deadline_ms", request.DeadlineMs, 0, MaxDeadline);
        RpcErrors.ThrowIfAny(fields);
        var caller = context.GetCaller();
        var codes = caller.WorksFor is { } one ? [one] : merchants.Codes;
        var start = Stopwatch.GetTimestamp();
        var deadline = TimeSpan.FromMilliseconds(request.DeadlineMs == 0 ? DefaultDeadline : request.DeadlineMs);
        var lists = await Task.WhenAll(codes.Select(code =>
            ListStoreKeys(new(code, caller.Store), deadline * ShareOfLists, context.CancellationToken)));
        var keys = lists.SelectMany(list => list).ToList();
        if (request.Stores.Count > 0) keys = SelectStores(request.Stores, keys);
        var gateway = grains.GetGrain<IFleetGatewayGrain>(0);
        var outcomes = await Failover.CallWithRetry(
            () => gateway.CountReaders(keys, FanOut.TimeLeft(deadline, start)), context.CancellationToken);
        var reply = SumCounts(keys, outcomes, request.ByStore);
        reply.Nodes.AddRange(ListNodes());
        reply.Cloud = await FindTrouble(ofChain: caller.WorksFor is null);
        reply.Adoptable = caller.Store is null ? await CountAdoptable(codes) : 0;
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
        for (var i = 0; i < keys.Count; i++)
        {
            var (merchantCode, store) = StoreKey.SplitKey(keys[i]);
            var row = new Proto.StoreRow { MerchantCode = merchantCode, Store = store };
            if (outcomes[i].Result is { } counts)
            {
                row.Readers = ToCounts(counts);
                reply.Readers.AddCounts(row.Readers);
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
    };
}

internal static class ReaderCountsSum
{
    public static void AddCounts(this Proto.ReaderCounts sum, Proto.ReaderCounts some)
    {
        sum.Total += some.Total;
        sum.Free += some.Free;
        sum.Busy += some.Busy;
        sum.Offline += some.Offline;
        sum.Unpaired += some.Unpaired;
        sum.Silent += some.Silent;
        sum.Waiting += some.Waiting;
        sum.Unknown += some.Unknown;
    }
}
