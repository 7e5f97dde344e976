using Fleet.Torture;
using Fleet.Torture.Checking;
using Xunit.MicrosoftTestingPlatform;

// dotnet run --project tests/Fleet.Torture
//     runs the tests, in their short versions
// dotnet run --project tests/Fleet.Torture -- long [options of a test run]
//     runs the same tests, longer and with more readers
// dotnet run --project tests/Fleet.Torture -- check FOLDER [POSTGRES]
//     prints the verdict on the folder of a run, with the ledger as it was kept there or as it is now
switch (args)
{
    case ["check", var path, .. { Length: <= 1 } postgres]:
        var folder = new RunFolder(path);
        if (postgres is [var database]) await folder.CopyLedger(database);
        var verdict = Verdict.Of(folder.Read());
        Console.WriteLine(verdict);
        return verdict.Holds ? 0 : 1;
    case ["check", ..]:
        await Console.Error.WriteLineAsync("Usage: check FOLDER [POSTGRES]");
        return 2;
    case ["long", .. var options]:
        Size.Now = Size.Long;
        return await TestPlatformTestFramework.RunAsync(options, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
    default:
        return await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
}
