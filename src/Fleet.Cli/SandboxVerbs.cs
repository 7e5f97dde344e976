using System.CommandLine;

namespace Fleet.Cli;

/// <summary>The verbs about the virtual readers of the sandbox.</summary>
internal static class SandboxVerbs
{
    private const int Readers = 6;

    public static Command BuildCommand(CommandLine line) => CommandLine.BuildGroup("sandbox",
        "Ask the virtual readers of the sandbox.", BuildCode(line));

    private static Command BuildCode(CommandLine line)
    {
        var number = OptionFactory.CreateArgument("number", $"Which one, 1 to {Readers}.");
        return line.BuildVerb("code", "The pairing code that a virtual reader of the sandbox shows now.",
            async session =>
            {
                if (!int.TryParse(session.GetValue(number), out var which) || which is < 1 or > Readers)
                    throw Failure.WrongUsage($"number must be from 1 to {Readers}, not {session.GetValue(number)}.");
                var told = await session.Node.Tests.GetSandboxCodeAsync(new() { Number = which }, session.Call);
                await session.PrintAnswer(told, told.PairingCode);
            }, number);
    }
}
