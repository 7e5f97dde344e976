using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Fleet.Browser.Tests;

/// <summary>The page of the Virtual Solo in one tab.</summary>
public sealed class SoloPage(IPage page)
{
    public IPage Page => page;

    /// <summary>The readers on it, in their order.</summary>
    public ILocator Readers => page.GetByTestId("reader");

    /// <summary>The only reader, or one of several.</summary>
    public SoloReader Reader(int index = 0) => new(Readers.Nth(index));

    public Task ClosePage() => page.CloseAsync();
}

/// <summary>One reader on the page, with what hands do at it.</summary>
public sealed class SoloReader(ILocator section)
{
    public ILocator Screen => section.GetByTestId("screen");

    public ILocator Part(string testId) => section.GetByTestId(testId);

    /// <summary>Waits until the screen is shown.</summary>
    public Task Shows(string screen) => Expect(Screen).ToHaveAttributeAsync("data-screen", screen);

    /// <summary>Waits until Fleet has welcomed the reader.</summary>
    public Task IsOnline() => Expect(section).ToHaveAttributeAsync("data-online", "true");

    /// <summary>Waits until a part of the reader has a text.</summary>
    public Task Says(string testId, string text) => Expect(Part(testId)).ToHaveTextAsync(text);

    /// <summary>Waits until the end of a payment is shown, and says which.</summary>
    public async Task<string> End()
    {
        await Shows("end");
        return await Part("end").InnerTextAsync();
    }

    public Task Press(string testId) => Part(testId).ClickAsync();

    /// <summary>Opens one of the panels beside the reader, if it is not open.</summary>
    public async Task OpenPanel(string name)
    {
        var panel = Part($"panel-{name}");
        if (!await panel.EvaluateAsync<bool>("one => one.open")) await panel.Locator("summary").ClickAsync();
    }

    /// <summary>From a reader that was just switched on to the code on its screen.</summary>
    public async Task<string> ShowCode()
    {
        await Shows("login");
        await Press("log-in");
        await Shows("unpaired");
        foreach (var key in new[] { "menu", "connections", "api", "connect" }) await Press(key);
        await Shows("code");
        return await Part("code").InnerTextAsync();
    }

    /// <summary>Pairs a reader that was just switched on, and returns its id.</summary>
    public async Task<string> Pair(Till till, string name = "Till 1")
    {
        var id = await till.Pair(await ShowCode(), name);
        await IsOnline();
        return id;
    }

    /// <summary>Presents a card of the wallet.</summary>
    /// <param name="card">Its id; empty for any card.</param>
    /// <param name="method">tap, insert or swipe.</param>
    public async Task Present(string card = "", string method = "tap")
    {
        await Part("card").SelectOptionAsync(card);
        await Press($"present-{method}");
    }

    /// <summary>Types a PIN on the screen and presses OK.</summary>
    public async Task TypePin(string pin)
    {
        foreach (var digit in pin) await Press($"key-{digit}");
        await Press("key-ok");
    }
}
