using Microsoft.Playwright;

namespace Fleet.Browser.Tests;

/// <summary>
/// A window of the browser with a storage of its own. When it is closed, the test fails for everything that the page
/// must never do: an error, a violation of its own policy, a request to another origin.
/// </summary>
public sealed class Window : IAsyncDisposable
{
    private const string Refused = "net::ERR_"; // the page was told that the network is cut

    private readonly IBrowserContext _context;
    private readonly Uri _address;
    private readonly List<string> _offences = [];

    public Window(IBrowserContext context, Uri address)
    {
        (_context, _address) = (context, address);
        context.Request += (_, request) => NoteRequest(request.Url);
        context.Console += (_, message) =>
        {
            if (message.Type == "error" && !message.Text.Contains(Refused, StringComparison.Ordinal))
                Note($"Console: {message.Text}");
        };
        context.WebError += (_, error) => Note($"Error: {error.Error}");
    }

    public IBrowserContext Context => _context;

    /// <summary>Opens the page of the Virtual Solo in another tab.</summary>
    /// <param name="query">What follows the question mark of its address.</param>
    public async Task<SoloPage> OpenPage(string query = "")
    {
        var page = await _context.NewPageAsync();
        page.WebSocket += (_, socket) => NoteRequest(socket.Url);
        await page.GotoAsync(new Uri(_address, $"/virtual-solo/?{query}").ToString());
        return new(page);
    }

    /// <summary>Forgets what the test itself made the page do.</summary>
    public void ForgetOffences()
    {
        lock (_offences) _offences.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await _context.CloseAsync();
        lock (_offences) Assert.True(_offences.Count == 0, string.Join('\n', _offences));
    }

    private void NoteRequest(string url)
    {
        if (new Uri(url) is { Scheme: "http" or "https" or "ws" or "wss" } to && to.Authority != _address.Authority)
            Note($"The page asked {url}.");
    }

    private void Note(string offence)
    {
        lock (_offences) _offences.Add(offence);
    }
}
