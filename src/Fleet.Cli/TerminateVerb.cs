using System.CommandLine;
using Fleet.Core;
using Fleet.Core.Errors;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>The verb that ends checkouts, one or many; each one succeeds or fails by itself.</summary>
internal static class TerminateVerb
{
    private static readonly string NotOpen = ErrorCatalogue.Of(RefusalCode.CheckoutNotOpen).Code;

    public static Command BuildCommand(CommandLine line)
    {
        var which = OptionFactory.CreateArguments("checkout",
            "Ids of checkouts, or of readers to end their open checkout.", false);
        var from = Bulk.ListOption("reader_id, or checkout_id");
        var dry = Bulk.DryRun();
        return line.BuildVerb("terminate", "End open checkouts: at once, or by asking the device if it has started.",
            session => Bulk.RunPortions(session, ReadTargets(session, which, from), "asked to end",
                session.GetValue(dry),
                (portion, told) => TerminateAll(session, portion, session.GetValue(dry), told)),
            which, from, dry);
    }

    private static List<BulkItem<string>> ReadTargets(Session session, Argument<string[]> which, Option<string> from) =>
        Bulk.ReadItems(session, from, session.GetValue(which), row => row.FirstCell("checkout_id", "reader_id"),
            (text, row) =>
            Ids.IsReader(text)
                ? new(row, text, text)
                : new BulkItem<string>(row, text, CheckoutName.IdOf(text)));

    /// <summary>Terminates all checkouts of a portion at the same time.</summary>
    private static Task TerminateAll(
        Session session, IReadOnlyList<string> portion, bool dry, Func<Proto.ChangeResult, Task> told) =>
        Task.WhenAll(portion.Select(async (target, i) => await told(await TerminateOne(session, target, i, dry))));

    private static async Task<Proto.ChangeResult> TerminateOne(Session session, string target, int index, bool dry)
    {
        var result = new Proto.ChangeResult { Index = index, ReaderId = Ids.IsReader(target) ? target : "" };
        try
        {
            var ask = new Proto.TerminateRequest { ReaderId = result.ReaderId };
            if (result.ReaderId.Length == 0)
            {
                var checkout = await session.Node.Checkouts.GetAsync(new() { CheckoutId = target }, session.Call);
                (ask.ReaderId, ask.ExpectedCheckoutId) = (checkout.ReaderId, target);
                result.ReaderId = checkout.ReaderId;
                if (dry && checkout.State is not (Proto.State.Accepted or Proto.State.Started))
                    result.Refused = new() { Reason = NotOpen, Message = "The checkout is over." };
            }
            else if (dry) await session.Node.Readers.GetAsync(new() { ReaderId = target }, session.Call);
            if (!dry) await session.Node.Checkouts.TerminateAsync(ask, session.Call);
            result.Done = result.Refused is null;
        }
        catch (RpcException e) when (Failure.FromRpc(e, session.Settings) is { ExitCode: ExitCode.Refused } failure)
        {
            result.Refused = new() { Reason = failure.Reason, Message = failure.Message };
        }
        return result;
    }
}
