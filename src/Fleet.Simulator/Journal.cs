using System.Text.Json;
using Fleet.Protocol;

namespace Fleet.Simulator;

/// <summary>
/// What a device keeps over restarts: its pairing, the results that Fleet has not acknowledged, the results that Fleet
/// refused, all charges, and its settings. A change is on disk before the method that makes it returns. One thread at a
/// time may write; the properties may be read on any thread.
/// </summary>
public sealed class Journal
{
    private readonly string? _file;
    private volatile JournalPage _page;

    private Journal(string? file, JournalPage page) => (_file, _page) = (file, page);

    /// <summary>The reader the device is paired as; null when unpaired.</summary>
    public string? ReaderId => _page.ReaderId;

    /// <summary>Results to be repeated until they are acknowledged or refused, oldest first.</summary>
    public IReadOnlyList<JournaledResult> Results => _page.Results;

    /// <summary>Results that Fleet refused; kept for a person to look at.</summary>
    public IReadOnlyList<JournaledResult> Refused => _page.Refused;

    /// <summary>Every card ever charged, in order. Two for one checkout would be a double charge.</summary>
    public IReadOnlyList<Charge> Charges => _page.Charges;

    /// <summary>How the menu is locked; null before that was ever set.</summary>
    public MenuLockSettings? MenuLock => _page.MenuLock;

    internal string? Credential => _page.Credential;

    /// <summary>Opens the journal of one device, or starts it.</summary>
    /// <param name="folder">Made when missing; null keeps the journal in memory.</param>
    /// <param name="serial">The device's serial number.</param>
    /// <exception cref="JournalException">The file cannot be read.</exception>
    public static Journal Open(string? folder, string serial)
    {
        if (folder is null) return new(null, new());
        var file = Path.Combine(folder, Uri.EscapeDataString(serial) + ".json");
        try
        {
            Directory.CreateDirectory(folder);
            return new(file, File.Exists(file) ? ReadPage(file) : new());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new JournalException($"The journal {file} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Writes the file again as it is, to see whether it can be written.</summary>
    /// <exception cref="JournalException">It cannot.</exception>
    public void WriteAgain() => SavePage(_page);

    internal void KeepPairing(string readerId, string credential) =>
        SavePage(_page with { ReaderId = readerId, Credential = credential });

    /// <summary>
    /// Removes the pairing, and the settings that came with it. Results are kept: they stay true when the device is
    /// paired anew.
    /// </summary>
    internal void DropPairing() => SavePage(_page with { ReaderId = null, Credential = null, MenuLock = null });

    internal void KeepMenuLock(MenuLockSettings menuLock) => SavePage(_page with { MenuLock = menuLock });

    /// <summary>
    /// Keeps a result and, for a success, its charge, in one write, so that neither is saved without the other.
    /// </summary>
    internal void KeepResult(JournaledResult result, Charge? charge = null) => SavePage(_page with
    {
        Results = [.. WithoutResult(_page.Results, result.CheckoutId), result],
        Refused = WithoutResult(_page.Refused, result.CheckoutId),
        Charges = charge is null ? _page.Charges : [.. _page.Charges, charge],
    });

    /// <summary>Removes a result that Fleet has committed.</summary>
    internal void ForgetResult(Guid checkoutId)
    {
        if (FindResult(checkoutId) is not null)
            SavePage(_page with { Results = WithoutResult(_page.Results, checkoutId) });
    }

    /// <summary>Stops repeating a result, and keeps it as refused.</summary>
    internal void SetResultAside(Guid checkoutId)
    {
        if (FindResult(checkoutId) is not { } result) return;
        SavePage(_page with
        {
            Results = WithoutResult(_page.Results, checkoutId),
            Refused = [.. WithoutResult(_page.Refused, checkoutId), result],
        });
    }

    internal JournaledResult? FindResult(Guid checkoutId) =>
        _page.Results.FirstOrDefault(one => one.CheckoutId == checkoutId);

    private static JournaledResult[] WithoutResult(IReadOnlyList<JournaledResult> results, Guid checkoutId) =>
        [.. results.Where(one => one.CheckoutId != checkoutId)];

    private static JournalPage ReadPage(string file) =>
        JsonSerializer.Deserialize(File.ReadAllBytes(file), JournalJson.Default.JournalPage)
        ?? throw new JsonException("it holds no object.");

    private void SavePage(JournalPage page)
    {
        if (_file is { } file)
            ReplaceFile(file, JsonSerializer.SerializeToUtf8Bytes(page, JournalJson.Default.JournalPage));
        _page = page;
    }

    /// <summary>
    /// Replaces the file. The old file is kept until the new one is complete on disk, so a crash leaves one of the two.
    /// </summary>
    private static void ReplaceFile(string file, byte[] text)
    {
        var draft = file + ".tmp";
        try
        {
            using (var stream = new FileStream(draft, DraftOptions()))
            {
                stream.Write(text);
                stream.Flush(flushToDisk: true);
            }
            File.Move(draft, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new JournalException($"The journal {file} cannot be written: {e.Message}", e);
        }
    }

    /// <summary>
    /// The journal holds a credential, so only the owner may read it, on systems that have such modes.
    /// </summary>
    private static FileStreamOptions DraftOptions()
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }
}

/// <summary>The journal cannot be read or written; then the device stops.</summary>
public sealed class JournalException(string message, Exception cause) : Exception(message, cause);
