using System.CommandLine;
using System.Globalization;
using Fleet.Core.Checkouts;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>The verb that starts a checkout.</summary>
internal sealed class StartVerb
{
    private const int MaxQueueSeconds = 300;

    private readonly Argument<string[]> _amount = new("amount")
    {
        Description = "What to charge, like 15.00 EUR.", Arity = new(1, 2),
    };

    private readonly Option<string> _reader =
        OptionFactory.CreateText("--reader", "reader", "The reader; or, of all that fit, the best:");
    private readonly Option<bool> _any =
        OptionFactory.CreateSwitch("--any", "Any free reader of the store.");
    private readonly Option<string> _store = OptionFactory.CreateText("--store", "store", "In this store.");
    private readonly Option<string[]> _tags =
        OptionFactory.CreateTexts("--tag", "tag", "It must have this tag. Again for more.");
    private readonly Option<string[]> _prefer =
        OptionFactory.CreateTexts("--prefer", "tag", "A tag that is better.");
    private readonly Option<string> _origin =
        OptionFactory.CreateText("--origin", "till", "The till; it gets the reader it had.");
    private readonly Option<int> _queue = OptionFactory.CreateNumber("--queue-for", "seconds",
        "How long to wait for a free reader.", 0,
        MaxQueueSeconds);

    private readonly Option<string> _description =
        OptionFactory.CreateText("--description", "text", "What it is for.");
    private readonly Option<string> _returnUrl =
        OptionFactory.CreateText("--return-url", "address", "Where to send the outcome.");
    private readonly Option<string[]> _tips =
        OptionFactory.CreateTexts("--tip-rate", "rate", "Offer this tip, like 0.10.");
    private readonly Option<string> _app =
        OptionFactory.CreateText("--app-id", "id", "The affiliate's, for live merchants.");
    private readonly Option<string> _affiliate =
        OptionFactory.CreateText("--affiliate-key", "key", "Of the affiliate.");
    private readonly Option<string> _reference =
        OptionFactory.CreateText("--reference", "id", "Your own id of the transaction.");
    private readonly Option<string> _key = OptionFactory.CreateText("--idempotency-key", "key",
        "Your own name for this request: a repeat with it means the same checkout.");

    private readonly Option<int> _deadline = OptionFactory.CreateDuration("--deadline",
        "How long the customer has, like 90s; after it Fleet ends the checkout.",
        CheckoutRequest.MinDeadlineSeconds, CheckoutRequest.MaxDeadlineSeconds);

    private readonly Option<bool> _wait = OptionFactory.CreateSwitch("--wait",
        "Go on until the outcome; exit code 0 if charged.");

    public Command BuildCommand(CommandLine line) => line.BuildVerb("start",
        "Start a checkout on a reader, or on any that fits.", StartCheckout,
        _amount, _reader, _any, _store, _tags, _prefer, _origin, _queue, _description, _returnUrl, _tips, _app,
        _affiliate, _reference, _key, _deadline, _wait);

    private async Task<int> StartCheckout(Session session)
    {
        var ask = ReadRequest(session);
        if (ask.ReaderId.Length == 0 && !session.GetValue(_any) && !session.IsGiven(_store) && !session.IsGiven(_tags))
            await ReaderChoice.AskForReader(session, ask);
        if (ask.Route is { Store: "" } route) route.Store = await ReaderChoice.FindStore(session, route);
        var reply = await SendStart(session, ask);
        var where = reply.Rule is Proto.RouteRule.Unspecified or Proto.RouteRule.Named
            ? ""
            : $" ({reply.Rule.ToWord()}{(reply.Tag.Length > 0 ? $" {reply.Tag}" : "")})";
        await session.PrintAnswer(reply,
            $"Checkout {reply.CheckoutId} of {Amount.FormatMoney(ask.TotalAmount)} on {reply.ReaderId}{where}");
        if (!session.GetValue(_wait)) return ExitCode.Done;
        var outcome = await CheckoutVerbs.WatchCheckout(session, reply.CheckoutId);
        return outcome is { State: Proto.State.Successful } ? ExitCode.Done : ExitCode.Refused;
    }

    /// <summary>
    /// Sends a start. A lost answer must not become a second checkout, so each try sends the same idempotency key.
    /// </summary>
    private static async Task<Proto.StartReply> SendStart(Session session, Proto.StartRequest ask)
    {
        try
        {
            var wait = TimeSpan.FromSeconds(ask.Route?.QueueFor ?? 0);
            return await session.Node.Checkouts.StartAsync(ask, session.Node.WithDeadline(session.Cancel, wait));
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded
            && Failure.FromRpc(e, session.Settings) is { Reason: not ("UNREACHABLE" or "TLS") } failure)
        {
            throw new Failure(failure.ExitCode, failure.Reason, failure.Message,
                "It is not known whether it was accepted. Repeat the command with "
                + $"--idempotency-key {ask.IdempotencyKey}: it will not be charged twice.");
        }
    }

    private Proto.StartRequest ReadRequest(Session session)
    {
        var ask = new Proto.StartRequest
        {
            TotalAmount = Amount.ParseMoney(string.Join(' ', session.GetValue(_amount))),
            ReaderId = session.GetText(_reader),
            Description = session.GetText(_description),
            ReturnUrl = session.GetText(_returnUrl),
            DeadlineSeconds = session.GetValue(_deadline),
            IdempotencyKey = session.GetValue(_key) ?? $"{Guid.NewGuid()}",
        };
        if (ask.ReaderId.Length == 0) ask.Route = ReadRoute(session);
        else if (session.IsGiven(_any) || session.IsGiven(_store) || session.IsGiven(_tags) || session.IsGiven(_queue))
            throw Failure.WrongUsage("--reader names one reader, --any, --store, --tag and --queue-for one that fits.",
                "Take one of the two.");
        ask.TipRates.AddRange((session.GetValue(_tips) ?? []).Select(ParseRate));
        if (session.IsGiven(_app) || session.IsGiven(_affiliate) || session.IsGiven(_reference))
        {
            ask.Affiliate = new()
            {
                AppId = session.GetText(_app), Key = session.GetText(_affiliate),
                ForeignTransactionId = session.GetText(_reference),
            };
        }
        return ask;
    }

    private Proto.RouteRequest ReadRoute(Session session)
    {
        var route = new Proto.RouteRequest
        {
            Store = session.GetText(_store), Origin = session.GetText(_origin), QueueFor = session.GetValue(_queue),
            Tips = session.IsGiven(_tips),
        };
        route.Tags.AddRange(session.GetValue(_tags) ?? []);
        route.Prefer.AddRange(session.GetValue(_prefer) ?? []);
        return route;
    }

    private static double ParseRate(string text) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var rate)
            ? (double)rate
            : throw Failure.WrongUsage($"'{text}' is not a tip rate.", "Write it like 0.10.");
}
