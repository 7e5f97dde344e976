namespace Fleet.Torture.Processes;

/// <summary>
/// The clock of a machine, for one process on it: libfaketime adds seconds to it. The machine's counter, and the clocks
/// of all other processes, are not changed.
/// </summary>
internal sealed class MachineClock
{
    private readonly string _file = Path.Combine(Directory.CreateTempSubdirectory("fleet-clock-").FullName, "offset");

    public MachineClock(int seconds = 0)
    {
        if (Library is null) Assert.Skip("Install the package faketime.");
        Set(seconds);
    }

    private static string? Library { get; } = Directory.Exists("/usr/lib")
        ? Directory.EnumerateFiles(
            "/usr/lib", "libfaketimeMT.so.1", new EnumerationOptions { RecurseSubdirectories = true })
            .FirstOrDefault()
        : null;

    /// <summary>Sets it this far from the real time, at once.</summary>
    public void Set(int seconds)
    {
        File.WriteAllText($"{_file}.new", $"{seconds:+0;-0;+0}");
        File.Move($"{_file}.new", _file, overwrite: true); // it is read at any moment
    }

    /// <summary>What makes a process read it.</summary>
    public void Put(IDictionary<string, string?> environment)
    {
        environment["LD_PRELOAD"] = Library;
        environment["FAKETIME_TIMESTAMP_FILE"] = _file;
        environment["FAKETIME_NO_CACHE"] = "1";
        environment["FAKETIME_FORCE_MONOTONIC_FIX"] = "0"; // else waits of the runtime end at once
        environment["FAKETIME_DONT_FAKE_MONOTONIC"] = environment["DONT_FAKE_MONOTONIC"] = "1";
    }
}
