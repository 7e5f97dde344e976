using System.CommandLine;
using Google.Protobuf;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>The verbs that make and move virtual readers, for tests of tills.</summary>
internal sealed class TestVerbs(CommandLine line)
{
    // What the node takes: seconds, milliseconds, and counts.
    private const int MaxWait = 60, MaxOff = 600_000, MaxLag = 60_000, MaxResults = 100, MaxCount = 100;
    private const int MaxFailures = 1_000, MaxDelay = 60_000;

    private const double MaxPace = 100, MaxBattery = 100;

    private static readonly string[] Heads = ["READER", "NAME", "SCREEN", "CHECKOUT", "STATE", "REASON"];

    // Of one command line: an option or argument remembers each command that it was added to.
    private readonly Argument<string> _reader = OptionFactory.CreateArgument("reader", "Its id.");

    private readonly Option<int> _wait = OptionFactory.CreateNumber("--wait", "seconds",
        "Wait so long at most until the payment is over and its result is recorded.", 0, MaxWait);

    public static Command BuildCommand(CommandLine line) => new TestVerbs(line).BuildGroup();

    private Command BuildGroup() => CommandLine.BuildGroup("test", "Make virtual readers, and be their customers.",
        BuildCreate(), BuildState(), BuildWatch(), BuildPresent(),
        BuildWish("remove-card", "The customer takes the card out of the reader.", session =>
            session.Node.Tests.RemoveCardAsync(
                new() { ReaderId = session.GetValue(_reader), WaitSeconds = session.GetValue(_wait) }, session.Stream)),
        BuildPress(), BuildChooseTip(), BuildPower(), BuildLink(), BuildSet(), BuildScript(), BuildScenario(),
        BuildWebhooks(),
        BuildWish("reset", "Forget script and faults; an open payment is cancelled.", session =>
            session.Node.Tests.ResetAsync(
                new() { ReaderId = session.GetValue(_reader), WaitSeconds = session.GetValue(_wait) },
                session.Stream)));

    private Command BuildCreate()
    {
        var count = OptionFactory.CreateNumber("--count", "number", "How many. Default 1.", 1, MaxCount);
        var (name, store) = (OptionFactory.CreateText("--name", "text", "Their name."),
            OptionFactory.CreateText("--store", "store", "Their store."));
        var tags = OptionFactory.CreateTexts("--tag", "tag", "A tag. Again for more of them.");
        var scenario = OptionFactory.CreateText("--scenario", "word", "How their customers behave. Default manual.");
        var (seed, pace) = (SeedOption(), PaceOption());
        return line.BuildVerb("create", "Make virtual readers on the node, and pair them.", async session =>
        {
            var ask = new Proto.CreateTestReadersRequest
            {
                Count = session.GetValue(count),
                Name = session.GetText(name),
                Store = session.GetText(store),
                Scenario = session.GetText(scenario),
            };
            ask.Tags.AddRange(session.GetValue(tags) ?? []);
            if (session.IsGiven(seed)) ask.Seed = session.GetValue(seed);
            if (session.GetValue(pace) is { } factor) ask.Pace = factor;
            var made = await session.Node.Tests.CreateAsync(ask, session.Stream);
            await session.PrintAnswer(made, Heads, made.Readers.Select(ToCells));
        }, count, name, store, tags, scenario, seed, pace);
    }

    private Command BuildState() => line.BuildVerb("state", "What is on a virtual reader now.",
        async session => await Print(session, await session.Node.Tests.GetStateAsync(
            new() { ReaderId = session.GetValue(_reader) }, session.Call)), _reader);

    private Command BuildWatch() => line.BuildVerb("watch",
        "What is on a virtual reader, then each change, until Ctrl-C.",
        session => ReaderListing.UntilInterrupted(session, async () =>
        {
            using var call = session.Node.Tests.Watch(new() { ReaderId = session.GetValue(_reader) }, session.Stream);
            await foreach (var one in call.ResponseStream.ReadAllAsync(session.Cancel))
                await session.PrintAnswer(one, string.Join("  ", ToCells(one).Where(cell => cell.Length > 0)));
        }), _reader);

    private Command BuildPresent()
    {
        var card = OptionFactory.CreateText("--card", "word", "Which one. Default: the amount decides the outcome.");
        var method = OptionFactory.CreateChoice("--method", "How.", "tap", "insert", "swipe");
        var pin = OptionFactory.CreateChoice("--pin", "Which PIN is typed.", "right", "wrong", "none");
        var rate = OptionFactory.CreateDecimal("--tip-rate", "rate", "The tip that is chosen first.", 0, 1);
        return BuildWish("present", "The customer presents a card.", session =>
        {
            var ask = new Proto.PresentRequest
            {
                ReaderId = session.GetValue(_reader),
                WaitSeconds = session.GetValue(_wait),
                Card = session.GetText(card),
                Method = session.GetText(method),
                Pin = session.GetText(pin),
            };
            if (session.GetValue(rate) is { } tip) ask.TipRate = tip;
            return session.Node.Tests.PresentAsync(ask, session.Stream);
        }, card, method, pin, rate);
    }

    private Command BuildPress()
    {
        var key = OptionFactory.CreateArgument("key", "cancel, ok or back.");
        return BuildWish("press", "The customer presses a key.", session => session.Node.Tests.PressAsync(
            new()
            {
                ReaderId = session.GetValue(_reader),
                WaitSeconds = session.GetValue(_wait),
                Key = session.GetValue(key),
            }, session.Stream), key);
    }

    private Command BuildChooseTip()
    {
        var rate = OptionFactory.CreateDecimal("--rate", "rate", "One of the offered rates; 0 for none.", 0, 1);
        return BuildWish("choose-tip", "The customer chooses a tip.", session =>
            session.Node.Tests.ChooseTipAsync(new()
            {
                ReaderId = session.GetValue(_reader),
                WaitSeconds = session.GetValue(_wait),
                TipRate = session.GetValue(rate) ?? throw Failure.WrongUsage("--rate is missing."),
            }, session.Stream), rate);
    }

    private Command BuildPower()
    {
        var off = OptionFactory.CreateNumber(
            "--off", "milliseconds", "For how long. Default 0: off and on.", 0, MaxOff);
        return BuildWish("power", "Take the power from the reader.", session => session.Node.Tests.PowerAsync(
            new()
            {
                ReaderId = session.GetValue(_reader),
                WaitSeconds = session.GetValue(_wait),
                OffMs = session.GetValue(off),
            }, session.Stream), off);
    }

    private Command BuildLink()
    {
        var cut = OptionFactory.CreateNumber("--cut", "milliseconds", "No connection for so long.", 1, MaxOff);
        var lag = OptionFactory.CreateNumber("--lag", "milliseconds", "Every frame comes so much later.", 0, MaxLag);
        var swallow = OptionFactory.CreateNumber(
            "--swallow-results", "number", "So many results are not sent once.", 0, MaxResults);
        var repeat = OptionFactory.CreateNumber(
            "--repeat-results", "number", "So many results are sent twice.", 0, MaxResults);
        var die = OptionFactory.CreateSwitch("--die-after-charge", "The power goes after the next charge.");
        var off = OptionFactory.CreateNumber("--off", "milliseconds", "For so long then.", 0, MaxOff);
        return BuildWish("link", "Break the link of the reader.", session =>
        {
            var ask = new Proto.LinkFaultsRequest
            {
                ReaderId = session.GetValue(_reader), WaitSeconds = session.GetValue(_wait),
            };
            if (session.IsGiven(cut)) ask.CutMs = session.GetValue(cut);
            if (session.IsGiven(lag)) ask.LagMs = session.GetValue(lag);
            if (session.IsGiven(swallow)) ask.SwallowResults = session.GetValue(swallow);
            if (session.IsGiven(repeat)) ask.RepeatResults = session.GetValue(repeat);
            if (session.IsGiven(die)) ask.DieAfterCharge = session.GetValue(die);
            if (session.IsGiven(off)) ask.OffMs = session.GetValue(off);
            return session.Node.Tests.LinkAsync(ask, session.Stream);
        }, cut, lag, swallow, repeat, die, off);
    }

    private Command BuildSet()
    {
        var battery = OptionFactory.CreateDecimal("--battery", "percent", "The battery.", 0, MaxBattery);
        var connection = OptionFactory.CreateChoice(
            "--connection", "The network.", "btle", "edge", "gprs", "lte", "umts", "usb", "Wi-Fi");
        var firmware = OptionFactory.CreateText("--firmware", "version", "The version of its software.");
        var updating = OptionFactory.CreateChoice("--updating", "Whether it is being updated.", "yes", "no");
        return BuildWish("set", "Change what the reader says of itself.", session =>
        {
            var ask = new Proto.SetTestReaderRequest
            {
                ReaderId = session.GetValue(_reader), WaitSeconds = session.GetValue(_wait),
            };
            if (session.GetValue(battery) is { } percent) ask.Battery = percent;
            if (session.IsGiven(connection)) ask.Connection = session.GetText(connection);
            if (session.IsGiven(firmware)) ask.Firmware = session.GetText(firmware);
            if (session.IsGiven(updating)) ask.Updating = session.GetText(updating) == "yes";
            return session.Node.Tests.SetAsync(ask, session.Stream);
        }, battery, connection, firmware, updating);
    }

    private Command BuildScript()
    {
        var file = OptionFactory.CreateArgument("file", """JSON: {"steps": [{"do": "present", "card": "visa"}]}""");
        return BuildWish("script", "Say what the customers of the next checkouts do.", session =>
        {
            var ask = ReadScript(session.GetValue(file));
            (ask.ReaderId, ask.WaitSeconds) = (session.GetValue(_reader), session.GetValue(_wait));
            return session.Node.Tests.ScriptAsync(ask, session.Stream);
        }, file);
    }

    private static Proto.ScriptRequest ReadScript(string path)
    {
        try
        {
            return Proto.ScriptRequest.Parser.ParseJson(Files.ReadText(path, "file"));
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException)
        {
            throw Failure.WrongUsage($"{path} is no script: {e.Message}");
        }
    }

    private Command BuildScenario()
    {
        var scenario = OptionFactory.CreateArgument("scenario", "Its name, for example decline.");
        var (seed, pace) = (SeedOption(), PaceOption());
        return BuildWish("scenario", "Say how customers behave from the next checkout on.", session =>
        {
            var ask = new Proto.ScenarioRequest
            {
                ReaderId = session.GetValue(_reader),
                WaitSeconds = session.GetValue(_wait),
                Scenario = session.GetValue(scenario),
            };
            if (session.IsGiven(seed)) ask.Seed = session.GetValue(seed);
            if (session.GetValue(pace) is { } factor) ask.Pace = factor;
            return session.Node.Tests.ScenarioAsync(ask, session.Stream);
        }, scenario, seed, pace);
    }

    private Command BuildWebhooks()
    {
        var fail = OptionFactory.CreateNumber(
            "--fail-next", "number", "So many attempts fail as if the receiver had answered 500.", 0, MaxFailures);
        var delay = OptionFactory.CreateNumber(
            "--delay", "milliseconds", "The first attempt of each event comes so much later.", 0, MaxDelay);
        var twice = OptionFactory.CreateSwitch("--twice", "Each event is delivered once more.");
        var before = OptionFactory.CreateSwitch(
            "--before-answer", "Create checkout is answered after the webhook of the checkout.");
        return line.BuildVerb("webhooks", "Say what goes wrong with the merchant's webhooks; without options, nothing.",
            async session =>
            {
                var wanted = new Proto.WebhookFaults
                {
                    FailNext = session.GetValue(fail),
                    DelayMs = session.GetValue(delay),
                    Twice = session.GetValue(twice),
                    BeforeAnswer = session.GetValue(before),
                };
                var told = await session.Node.Tests.SetWebhookFaultsAsync(wanted, session.Call);
                await session.PrintAnswer(told,
                    wanted.CalculateSize() == 0 ? "Nothing goes wrong any more." : "Set, for an hour at most.");
            }, fail, delay, twice, before);
    }

    private static Option<int> SeedOption() => OptionFactory.CreateNumber(
        "--seed", "number", "Decides every random choice.", int.MinValue, int.MaxValue);

    private static Option<double?> PaceOption() => OptionFactory.CreateDecimal(
        "--pace", "factor", "Multiplies the time that people take.", 0, MaxPace);

    private Command BuildWish(
        string name, string help, Func<Session, AsyncUnaryCall<Proto.TestReader>> call, params Symbol[] takes) =>
        line.BuildVerb(name, help, async session => await Print(session, await call(session)),
            [_reader, .. takes, _wait]);

    private static Task Print(Session session, Proto.TestReader reader) =>
        session.PrintAnswer(reader, Heads, [ToCells(reader)]);

    private static string[] ToCells(Proto.TestReader reader) =>
    [
        reader.ReaderId, reader.Name, reader.Online ? reader.Scene.Screen : "offline",
        reader.Checkout?.CheckoutId ?? "", reader.Checkout?.State.ToWord() ?? "",
        reader.Checkout?.Reason?.Code ?? "",
    ];
}
