using System.CommandLine;
using Fleet.Simulator.Cli;

const int badUsage = 2;

var root = new RootCommand("Virtual card readers for Fleet, and an examination of readers of your own.")
{
    ReadersCommand.BuildCommand(), CheckCommand.BuildCommand(),
};
var parsed = root.Parse(args);
if (parsed.Errors is not [{ Message: var sentence }, ..]) return await parsed.InvokeAsync();
await Console.Error.WriteLineAsync($"{sentence} See --help.");
return badUsage;
