using System.CommandLine;
using System.Globalization;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>Taking a payment by hand, watching one, ending one, recording how one ended.</summary>
internal static class CheckoutVerbs
{
    private const int MaxQueueSeconds = 300;

    /// <summary>How often a watch that broke off is begun again, and when: a node is being replaced.</summary>
    private const int Tries = 10;

    private static readonly TimeSpan BeforeTry = TimeSpan.FromSeconds(1);

    public static Command Build(CommandLine line)
    {
        var id = Kinds.Argument("checkout", "Its id, or its client transaction id.");
        return CommandLine.Group("checkout", "Start, watch, terminate and record checkouts.",
            new StartOptions().Build(line),
            line.Verb("watch", "A checkout as it is, then each thing that happens, until its outcome.",
                async session => await Watch(session, WhyVerb.IdOf(session.Get(id))), id),
            TerminateVerb.Build(line), RecordVerb.Build(line));
    }

    /// <summary>Tells each thing that happens, and returns the checkout with its outcome.</summary>
    private static async Task<Proto.Checkout?> Watch(Session session, string id)
    {
        for (var left = Tries; ; left--)
        {
            try
            {
                var last = await WatchOnce(session, id);
                if (last is null || IsOver(last) || left == 0) return last;
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable && left > 0)
            {
                await session.Hint($"The node is away ({Failure.Of(e, session.Settings).Reason}); asking again.");
            }
            await Task.Delay(BeforeTry, session.Terminal.Time, session.Cancel);
        }
    }

    private static bool IsOver(Proto.Checkout checkout) =>
        checkout.State is Proto.State.Successful or Proto.State.Failed or Proto.State.Cancelled;

    private static async Task<Proto.Checkout?> WatchOnce(Session session, string id)
    {
        using var call = session.Node.Checkouts.Watch(new() { CheckoutId = id }, session.Stream);
        Proto.Checkout? last = null;
        await foreach (var told in call.ResponseStream.ReadAllAsync(session.Cancel))
        {
            last = told.Checkout;
            await session.Answer(told, $"{last.UpdatedAt.Text()}  {told.Kind}: {Outcome(last)}");
        }
        return last;
    }

    private static string Outcome(Proto.Checkout checkout) => checkout.Reason is { } why
        ? $"{checkout.State.Word()}, {why.Code}. {why.Sentence}"
        : $"{checkout.State.Word()}, {Amount.Text(checkout.TotalAmount)}"
            + (checkout.Tip > 0 ? $" and a tip of {Amount.Text(checkout.TotalAmount, checkout.Tip)}" : "");

    /// <summary>What a checkout may be started with.</summary>
    private sealed class StartOptions
    {
        private readonly Argument<string[]> _amount = new("amount")
        {
            Description = "What to charge, like 15.00 EUR.", Arity = new(1, 2),
        };

        private readonly Option<string> _reader = Kinds.Of("--reader", "reader", "The reader; or any that fits:");
        private readonly Option<string> _store = Kinds.Of("--store", "store", "In this store.");
        private readonly Option<string[]> _tags = Kinds.Many("--tag", "tag", "It must have this tag. Again for more.");
        private readonly Option<string[]> _prefer = Kinds.Many("--prefer", "tag", "A tag that is better.");
        private readonly Option<string> _origin = Kinds.Of("--origin", "till", "The till; it gets the reader it had.");
        private readonly Option<int> _queue = Kinds.Number("--queue-for", "seconds", "Wait so long for a free one.", 0,
            MaxQueueSeconds);

        private readonly Option<string> _description = Kinds.Of("--description", "text", "What it is for.");
        private readonly Option<string> _returnUrl = Kinds.Of("--return-url", "address", "Where to send the outcome.");
        private readonly Option<string[]> _tips = Kinds.Many("--tip-rate", "rate", "Offer this tip, like 0.10.");
        private readonly Option<string> _app = Kinds.Of("--app-id", "id", "Of the affiliate, for live merchants.");
        private readonly Option<string> _affiliate = Kinds.Of("--affiliate-key", "key", "Of the affiliate.");
        private readonly Option<string> _reference = Kinds.Of("--reference", "id", "Your own id of the transaction.");
        private readonly Option<string> _key = Kinds.Of("--idempotency-key", "key",
            "Your name for this order: said again with it, it is the same checkout.");

        private readonly Option<bool> _wait = Kinds.Switch("--wait",
            "Go on until the outcome; exit code 0 if charged.");

        public Command Build(CommandLine line) => line.Verb("start",
            "Start a checkout on a reader, or on any that fits.", Start,
            _amount, _reader, _store, _tags, _prefer, _origin, _queue, _description, _returnUrl, _tips, _app,
            _affiliate, _reference, _key, _wait);

        private async Task<int> Start(Session session)
        {
            var ask = Read(session);
            var reply = await Ask(session, ask);
            var where = reply.Rule is Proto.RouteRule.Unspecified or Proto.RouteRule.Named
                ? ""
                : $" ({reply.Rule.Word()}{(reply.Tag.Length > 0 ? $" {reply.Tag}" : "")})";
            await session.Answer(reply,
                $"Checkout {reply.CheckoutId} of {Amount.Text(ask.TotalAmount)} on {reply.ReaderId}{where}");
            if (!session.Get(_wait)) return ExitCode.Done;
            var outcome = await Watch(session, reply.CheckoutId);
            return outcome is { State: Proto.State.Successful } ? ExitCode.Done : ExitCode.Refused;
        }

        /// <summary>A lost answer must not become a second checkout: the key says that it is the same.</summary>
        private static async Task<Proto.StartReply> Ask(Session session, Proto.StartRequest ask)
        {
            try
            {
                var wait = TimeSpan.FromSeconds(ask.Route?.QueueFor ?? 0);
                return await session.Node.Checkouts.StartAsync(ask, session.Node.Call(session.Cancel, wait));
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded
                && Failure.Of(e, session.Settings) is { Reason: not ("UNREACHABLE" or "TLS") } failure)
            {
                throw new Failure(failure.ExitCode, failure.Reason, failure.Message,
                    "Nobody knows whether it was accepted. Say the same again with "
                    + $"--idempotency-key {ask.IdempotencyKey}: it will not be charged twice.");
            }
        }

        private Proto.StartRequest Read(Session session)
        {
            var ask = new Proto.StartRequest
            {
                TotalAmount = Amount.Parse(string.Join(' ', session.Get(_amount))),
                ReaderId = session.Text(_reader),
                Description = session.Text(_description),
                ReturnUrl = session.Text(_returnUrl),
                IdempotencyKey = session.Get(_key) ?? $"{Guid.NewGuid()}",
            };
            if (ask.ReaderId.Length == 0) ask.Route = Route(session);
            else if (session.Has(_store) || session.Has(_tags) || session.Has(_queue))
                throw Failure.Usage("--reader names one reader, --store, --tag and --queue-for any that fits.",
                    "Take one of the two.");
            ask.TipRates.AddRange((session.Get(_tips) ?? []).Select(Rate));
            if (session.Has(_app) || session.Has(_affiliate) || session.Has(_reference))
            {
                ask.Affiliate = new()
                {
                    AppId = session.Text(_app), Key = session.Text(_affiliate),
                    ForeignTransactionId = session.Text(_reference),
                };
            }
            return ask;
        }

        private Proto.RouteRequest Route(Session session)
        {
            var route = new Proto.RouteRequest
            {
                Store = session.Text(_store), Origin = session.Text(_origin), QueueFor = session.Get(_queue),
                Tips = session.Has(_tips),
            };
            route.Tags.AddRange(session.Get(_tags) ?? []);
            route.Prefer.AddRange(session.Get(_prefer) ?? []);
            return route;
        }

        private static double Rate(string text) =>
            decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var rate)
                ? (double)rate
                : throw Failure.Usage($"'{text}' is not a tip rate.", "Write it like 0.10.");
    }
}
