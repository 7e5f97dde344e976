using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Retention;
using Fleet.Server.Access;
using Fleet.Server.Retention;
using Fleet.Server.Settings;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Enum = System.Enum;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Retention over gRPC.</summary>
internal sealed class RetentionRpc(
    Removal removal, IRetentionRuns runs, AuditLog audit, IOptions<FleetOptions> options, TimeProvider time)
    : Proto.Retention.RetentionBase
{
    [RequiredScope(Scopes.Admin, ForChain = true, ChainOnly = true)]
    public override async Task<Proto.GetRetentionReply> Get(
        Proto.GetRetentionRequest request, ServerCallContext context)
    {
        var last = await runs.ListLast(context.CancellationToken);
        var reply = new Proto.GetRetentionReply { Exports = options.Value.Retention.ExportFolder is not null };
        foreach (var kind in Enum.GetValues<RetentionKind>())
            reply.Kinds.Add(await ReadState(kind, last.GetValueOrDefault(kind), context.CancellationToken));
        return reply;
    }

    /// <summary>One file for each call, so that a caller can follow it, and end it between two files.</summary>
    [RequiredScope(Scopes.Admin, ForChain = true, ChainOnly = true, Action = AuditAction.RetentionRun)]
    public override async Task<Proto.RunRetentionReply> Run(
        Proto.RunRetentionRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var (kind, from, end) = ReadRequest(request);
        await audit.RecordCall(context.GetCaller(), AuditAction.RetentionRun, request.Kind,
            $"{TextOf(from)} {TextOf(end)}{(request.DryRun ? " dry_run" : "")}".Trim());
        if (request.DryRun)
            return new()
            {
                Due = await removal.CountDue(kind, end, cancel),
                Day = TextOf(await removal.FindDay(kind, from, end, cancel)),
            };
        var part = await removal.RemovePart(kind, from, end, cancel);
        return new()
        {
            Day = TextOf(part.Day), Exported = part.Exported, Removed = part.Removed, NextDay = TextOf(part.Next),
        };
    }

    private async Task<Proto.RetentionState> ReadState(
        RetentionKind kind, RetentionRun? last, CancellationToken cancel)
    {
        var state = new Proto.RetentionState { Kind = kind.ToWireName() };
        if (options.Value.DaysOf(kind) is { } days)
        {
            var end = RetentionRules.FindEnd(days, time.Now());
            (state.Days, state.Before) = (days, TextOf(end));
            state.FirstDay = TextOf(await removal.FindDay(kind, DateOnly.MinValue, end, cancel));
        }
        if (last is not null)
            state.LastRun = new()
            {
                At = last.At.ToTimestamp(), Node = last.Node, Exported = last.Exported, Removed = last.Removed,
                Problem = last.Problem ?? "",
            };
        return state;
    }

    private (RetentionKind Kind, DateOnly From, DateOnly End) ReadRequest(Proto.RunRetentionRequest request)
    {
        var fields = new FieldCheck();
        var kind = SnakeCase.FindMember<RetentionKind>(request.Kind);
        if (kind is null)
            fields.AddError("kind", "must be checkouts, delivered_events, dead_events, exchanges or audit");
        var from = request.From.Length == 0 ? DateOnly.MinValue : ReadDay("from", request.From, fields);
        var end = ReadDay("before", request.Before, fields);
        if (kind is { } known && RetentionRules.FindLatestEnd(known, time.Now()) is var latest && end > latest)
            fields.AddError("before", $"must not be after {TextOf(latest)}");
        if (options.Value.Retention.ExportFolder is null && !request.DryRun)
            fields.AddError("dry_run", "must be true on a node without Fleet:Retention:ExportFolder");
        RpcErrors.ThrowIfAny(fields);
        return (kind ?? default, from, end);
    }

    private static DateOnly ReadDay(string field, string text, FieldCheck fields)
    {
        if (CloudDay.Parse(text) is { } day) return day.Date;
        fields.AddError(field, "must be a day like 2026-11-28");
        return default;
    }

    private static string TextOf(DateOnly? day) =>
        day is { } one && one != DateOnly.MinValue ? $"{new CloudDay(one)}" : "";
}
