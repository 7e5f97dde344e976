namespace Fleet.Simulator.Conformance;

/// <summary>Plays the rules against a device and says what was found.</summary>
internal sealed class Examination(CheckSettings settings, TimeProvider clock)
{
    /// <summary>All rules, in the order of the protocol's document.</summary>
    public static readonly IReadOnlyList<Rule> Rules =
    [
        .. ConnectionRules.All, .. DiallingRules.All, .. PairingRules.All, .. UnpairingRules.All, .. PaymentRules.All,
        .. ResultRules.All, .. TerminateRules.All, .. ReconnectRules.All, .. PowerRules.All,
        .. SettingsRules.All,
    ];

    /// <summary>Plays all rules, and reports each as soon as those before it are reported.</summary>
    /// <param name="report">Takes the findings, in the order of the rules.</param>
    /// <param name="cancel">Ends the examination.</param>
    public async Task Run(Action<Finding> report, CancellationToken cancel)
    {
        var rules = Rules.Where(rule => rule.IsNamed(settings.Only)).ToList();
        if (settings.Run is null) await RunHeld(rules, report, cancel);
        else await RunProcesses(rules, settings.Run, report, cancel);
    }

    /// <summary>Every rule has a process and a journal of its own, so some are played at once.</summary>
    private async Task RunProcesses(
        IReadOnlyList<Rule> rules, string command, Action<Finding> report, CancellationToken cancel)
    {
        using var gate = new SemaphoreSlim(settings.AtOnce);
        var folder = Directory.CreateTempSubdirectory("fleet-check-");
        try
        {
            var findings = rules.Select(async (rule, index) =>
            {
                await gate.WaitAsync(cancel);
                try
                {
                    var journal = folder.CreateSubdirectory($"{index + 1}").FullName;
                    await using var device = new ProcessDevice(command, $"CHECK-{index + 1:00}", journal);
                    return await JudgeAlone(rule, device, 0, cancel);
                }
                finally
                {
                    gate.Release();
                }
            }).ToList();
            foreach (var finding in findings) report(await finding);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>One device for all rules, one after the other.</summary>
    private async Task RunHeld(IReadOnlyList<Rule> rules, Action<Finding> report, CancellationToken cancel)
    {
        var transcript = new Transcript(clock);
        await using var server = new LinkServer(settings.Port, transcript, clock);
        await using var device = new HeldDevice(Console.Error.WriteLine);
        await using var fleet = new PlayedFleet(server, device, transcript, settings.Limits, clock, cancel);
        foreach (var rule in rules) report(await Judge(rule, fleet, transcript));
    }

    private async Task<Finding> JudgeAlone(Rule rule, ITestedDevice device, int port, CancellationToken cancel)
    {
        var transcript = new Transcript(clock);
        using var limit = new CancellationTokenSource(CheckLimits.Rule, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        await using var server = new LinkServer(port, transcript, clock);
        await using var fleet = new PlayedFleet(server, device, transcript, settings.Limits, clock, either.Token);
        return await Judge(rule, fleet, transcript);
    }

    private async Task<Finding> Judge(Rule rule, PlayedFleet fleet, Transcript transcript)
    {
        if (rule.Slow && !settings.Slow) return new(rule, Verdict.Skipped, "it takes --slow", []);
        if (rule.ByItself && !fleet.Device.IsProcess)
            return new(rule, Verdict.Skipped, "it takes many payments in a row, so it needs --run", []);
        transcript.Begin();
        try
        {
            await rule.Play(fleet);
            return new(rule, Verdict.Holds, null, []);
        }
        catch (RuleSkippedException e)
        {
            return new(rule, Verdict.Skipped, e.Message, []);
        }
        catch (RuleBrokenException e)
        {
            return await NoteBroken(rule, e.Message, fleet, transcript);
        }
        catch (OperationCanceledException)
        {
            return await NoteBroken(rule, "The rule was not decided in time.", fleet, transcript);
        }
    }

    private static async Task<Finding> NoteBroken(Rule rule, string why, PlayedFleet fleet, Transcript transcript)
    {
        string[] seen = [.. transcript.Lines, .. fleet.Device.Printed.Select(line => "printed  " + line)];
        await fleet.DisposeAsync(); // the next rule begins with another connection
        return new(rule, Verdict.Broken, why, seen);
    }
}

/// <summary>What the command line asked for.</summary>
internal sealed record CheckSettings
{
    /// <summary>The command that starts a device; null when a person starts it.</summary>
    public string? Run { get; init; }

    /// <summary>The port where a device dials that a person starts; 0 for any.</summary>
    public int Port { get; init; }

    /// <summary>Rules that are played at the same time, each with a process of its own.</summary>
    public int AtOnce { get; init; } = 1;

    /// <summary>Whether slow rules are played.</summary>
    public bool Slow { get; init; }

    /// <summary>Only the rules that one of these words names, with commas between them.</summary>
    public string Only { get; init; } = "";

    public required CheckLimits Limits { get; init; }
}
