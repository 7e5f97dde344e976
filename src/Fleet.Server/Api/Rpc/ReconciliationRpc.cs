using Fleet.Core.Access;
using Fleet.Core.Cloud;
using Fleet.Server.Access;
using Fleet.Server.Grains;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>The comparison of days with SumUp over gRPC.</summary>
internal sealed class ReconciliationRpc(IGrainFactory grains, AuditLog audit, TimeProvider time)
    : Proto.Reconciliation.ReconciliationBase
{
    /// <summary>Compares a day, which changes something: what SumUp charged becomes evidence in the ledger.</summary>
    [RequiredScope(Scopes.OutcomesWrite, WholeMerchant = true, Action = AuditAction.DayCompare)]
    public override async Task<Proto.DayReport> RunDay(Proto.RunDayRequest request, ServerCallContext context)
    {
        var day = CheckDay(request.Day);
        await audit.RecordCall(context.GetMerchant().Caller, AuditAction.DayCompare, $"{day}");
        return await Answer(day, context, one => one.RunDay());
    }

    [RequiredScope(Scopes.TransactionsRead, WholeMerchant = true)]
    public override Task<Proto.DayReport> GetDay(Proto.GetDayRequest request, ServerCallContext context) =>
        Answer(CheckDay(request.Day), context, day => day.GetDay());

    private CloudDay CheckDay(string text) => CloudDay.Parse(text) is { } day && day.Begins <= time.GetUtcNow()
        ? day
        : throw RpcErrors.InvalidField("day", "must be a day like 2026-11-28, and not a later one than today");

    private async Task<Proto.DayReport> Answer(
        CloudDay day, ServerCallContext context, Func<IReconcileGrain, Task<DayReport>> ask)
    {
        var merchant = context.GetMerchant().Code;
        var grain = grains.GetGrain<IReconcileGrain>($"{merchant}/{day}");
        var report = await Failover.CallWithRetry(
            () => ask(grain).WaitAsync(context.CancellationToken), context.CancellationToken);
        return ToMessage(report, merchant, $"{day}");
    }

    private static Proto.DayReport ToMessage(DayReport report, string merchantCode, string day)
    {
        var message = new Proto.DayReport
        {
            MerchantCode = merchantCode,
            Day = day,
            State = (Proto.DayState)report.State,
            Complete = report.IsComplete,
            Problem = report.Problem ?? "",
            StartedAt = report.StartedAt?.ToTimestamp(),
            FinishedAt = report.FinishedAt?.ToTimestamp(),
            TransactionsRead = report.TransactionsRead,
        };
        message.Counts.AddRange(report.Counts.Select(one => new Proto.DifferenceCount
        {
            Kind = ToMessage(one.Kind), Count = one.Count,
        }));
        message.Differences.AddRange(report.Differences.Select(ToMessage));
        message.Sums.AddRange(report.Sums.Select(one => new Proto.CurrencySum
        {
            Currency = one.Currency,
            MinorUnit = one.MinorUnit,
            Ours = ToMessage(one.Ours),
            Theirs = ToMessage(one.Theirs),
        }));
        return message;
    }

    private static Proto.Difference ToMessage(DifferenceLine line) => new()
    {
        Kind = ToMessage(line.Kind),
        At = line.At.ToTimestamp(),
        CheckoutId = line.CheckoutId?.ToString() ?? "",
        ReaderId = line.ReaderId ?? "",
        Disputed = line.Disputed,
        Ours = ToMessage(line.Ours),
        Theirs = ToMessage(line.Theirs),
        TransactionCode = line.TransactionCode ?? "",
        ClientTransactionId = line.ClientTransactionId ?? "",
    };

    private static Proto.DifferenceSide? ToMessage(DifferenceSide? side)
    {
        if (side is null) return null;
        var message = new Proto.DifferenceSide { Status = side.Status, Amount = side.Amount.ToMessage() };
        if (side.Tip is { } tip) message.Tip = tip;
        if (side.Refunded is { } refunded) message.Refunded = refunded;
        return message;
    }

    private static Proto.SideSum ToMessage(SideSum side) =>
        new() { Payments = side.Payments, Charged = side.Charged, Refunded = side.Refunded };

    private static Proto.DifferenceKind ToMessage(DifferenceKind kind) => kind switch
    {
        DifferenceKind.OursOnly => Proto.DifferenceKind.OursOnly,
        DifferenceKind.TheirsOnly => Proto.DifferenceKind.TheirsOnly,
        DifferenceKind.AmountDiffers => Proto.DifferenceKind.AmountDiffers,
        DifferenceKind.TipDiffers => Proto.DifferenceKind.TipDiffers,
        DifferenceKind.StatusDiffers => Proto.DifferenceKind.StatusDiffers,
        _ => Proto.DifferenceKind.RefundDiffers,
    };
}
