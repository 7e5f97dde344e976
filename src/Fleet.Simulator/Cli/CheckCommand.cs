using System.CommandLine;
using System.CommandLine.Parsing;
using Fleet.Simulator.Conformance;

namespace Fleet.Simulator.Cli;

/// <summary>The options of <c>check</c>, which examines a device.</summary>
internal static class CheckCommand
{
    private const int MaxCommand = 4_096, MaxText = 400, MaxPort = 65_535, MaxAtOnce = 16, MaxPayment = 600;
    private const int ProcessPayment = 10, PersonPayment = 60, UsualAtOnce = 4;

    private static readonly Option<string> Run = OptionFactory.CreateText(
        "--run", "Command that starts a device; {server}, {serial} and {journal} are replaced.", null, MaxCommand);

    private static readonly Option<int> Port = OptionFactory.CreateNumber(
        "--port", "Where a device dials that you start by hand; 0 for any port.", 0, 0, MaxPort);

    private static readonly Option<int> AtOnce = OptionFactory.CreateNumber(
        "--at-once", "How many devices of --run there are at the same time.", UsualAtOnce, 1, MaxAtOnce);

    private static readonly Option<int> Payment = OptionFactory.CreateNumber(
        "--payment-seconds", "How long a customer may need. 0 means 10 with --run, and 60 without.", 0, 0, MaxPayment);

    private static readonly Option<string> Only = OptionFactory.CreateText(
        "--only", "Only the rules with these numbers or words, with commas between them.", null, MaxText);

    private static readonly Option<bool> Slow = new("--slow") { Description = "Also the rules that take 40 seconds." };

    private static readonly Option<bool> List = new("--list") { Description = "Names the rules, and plays none." };

    private static readonly Option<bool> Json = new("--json") { Description = "Prints one JSON document at the end." };

    public static Command BuildCommand()
    {
        var check = new Command("check", "Plays Fleet against a device, and says which rules of the link it keeps.")
        {
            Run, Port, AtOnce, Payment, Only, Slow, List, Json,
        };
        check.Validators.Add(CheckUse);
        check.SetAction((parsed, cancel) => parsed.GetValue(List)
            ? Task.FromResult(ListRules(parsed.GetValue(Only) ?? ""))
            : Examine(ReadSettings(parsed), parsed.GetValue(Json), cancel));
        return check;
    }

    private static void CheckUse(CommandResult result)
    {
        if (result.GetResult(Run) is not null && result.GetResult(Port) is { Implicit: false })
            result.AddError("--port is of no use with --run.");
        if (result.GetResult(Only) is not null && result.GetValue(Only) is { } words
            && words.Split(',', StringSplitOptions.TrimEntries).FirstOrDefault(IsUnknown) is { } unknown)
            result.AddError($"No rule has '{unknown}' in its name, or as its number.");
    }

    private static bool IsUnknown(string word) =>
        word is "" || !Examination.Rules.Any(rule => rule.IsNamed(word));

    private static CheckSettings ReadSettings(ParseResult parsed)
    {
        var run = parsed.GetValue(Run);
        var payment = parsed.GetValue(Payment) is > 0 and var seconds ? seconds
            : run is null ? PersonPayment : ProcessPayment;
        return new()
        {
            Run = run,
            Port = parsed.GetValue(Port),
            AtOnce = parsed.GetValue(AtOnce),
            Slow = parsed.GetValue(Slow),
            Only = parsed.GetValue(Only) ?? "",
            Limits = new() { Payment = TimeSpan.FromSeconds(payment) },
        };
    }

    private static int ListRules(string only)
    {
        foreach (var rule in Examination.Rules.Where(rule => rule.IsNamed(only))) Console.WriteLine(rule.Title);
        return CheckReport.Passed;
    }

    private static async Task<int> Examine(CheckSettings settings, bool json, CancellationToken cancel)
    {
        var report = new CheckReport(Console.Out, json);
        try
        {
            await new Examination(settings, TimeProvider.System).Run(report.AddFinding, cancel);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("The examination was stopped.");
            return CheckReport.Failed;
        }
        return report.Finish();
    }
}
