using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Server.Access;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Counts and problems of stores, over gRPC.</summary>
internal sealed class FleetStatusRpc(FleetStatusQuery status) : Proto.FleetStatus.FleetStatusBase
{
    private const int MaxDeadline = 10_000; // milliseconds

    [RequiredScope(Scopes.FleetRead, ForChain = true)]
    public override Task<Proto.FleetStatusReply> Get(Proto.FleetStatusRequest request, ServerCallContext context)
    {
        var (caller, fields) = (context.GetCaller(), new FieldCheck());
        fields.CheckRange("deadline_ms", request.DeadlineMs, 0, MaxDeadline);
        RpcErrors.ThrowIfAny(fields);
        return status.Read(caller.WorksFor, caller.Store, request, context.CancellationToken);
    }
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
