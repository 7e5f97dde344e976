namespace Fleet.Server.Storage.Sqlite;

/// <summary>
/// Files and folders that only their owner may read, on systems that have such modes: they say who paid what, and have
/// the hashes of keys.
/// </summary>
internal static class OwnerOnly
{
    private const UnixFileMode File0600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>What SQLite makes beside a database, with the mode that the database has then.</summary>
    private static readonly string[] Beside = ["", "-wal", "-shm"];

    /// <summary>Makes a folder if there is none; the mode of one that is there is its owner's choice.</summary>
    public static void MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, File0600 | UnixFileMode.UserExecute);
    }

    /// <summary>Opens a file, and makes it if there is none.</summary>
    public static FileStream OpenFile(string path, FileShare share)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = share,
        };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = File0600;
        return new(path, options);
    }

    /// <summary>
    /// Makes databases that are not there, empty, and takes the rights of others from those of an older Fleet. One that
    /// belongs to another user is left as it is.
    /// </summary>
    public static void KeepFiles(params string[] databases)
    {
        if (OperatingSystem.IsWindows()) return;
        foreach (var database in databases)
        {
            if (!Path.Exists(database)) OpenFile(database, FileShare.ReadWrite).Dispose();
            foreach (var file in Beside.Select(ending => database + ending).Where(File.Exists))
            {
                try
                {
                    if ((File.GetUnixFileMode(file) & ~File0600) != 0) File.SetUnixFileMode(file, File0600);
                }
                catch (UnauthorizedAccessException) { }
            }
        }
    }
}
