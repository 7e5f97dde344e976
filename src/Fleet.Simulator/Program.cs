using Fleet.Simulator.Cli;

const int badUsage = 2;

var parsed = ReadersCommand.BuildCommand().Parse(args);
if (parsed.Errors is not [{ Message: var sentence }, ..]) return await parsed.InvokeAsync();
await Console.Error.WriteLineAsync($"{sentence} See --help.");
return badUsage;
