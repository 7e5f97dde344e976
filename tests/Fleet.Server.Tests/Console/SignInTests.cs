using System.Net;

namespace Fleet.Server.Tests;

/// <summary>Who may see the console.</summary>
public sealed class SignInTests : IAsyncLifetime
{
    private readonly FleetApp _app = new();

    public ValueTask InitializeAsync() => _app.InitializeAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Without_a_session_every_page_leads_to_the_sign_in()
    {
        using var stranger = Visitor.Of(_app);
        var answer = await stranger.Open("fleet");

        Assert.EndsWith("/console/sign-in?to=fleet", answer.At.ToString());
        Assert.Contains("API key", answer.Text);
    }

    [Fact]
    public async Task With_a_key_the_first_page_shows_the_stores_of_its_merchant()
    {
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key, "Anna");
        var answer = await visitor.Open("fleet");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Contains("<h1>Stores of MTILL001</h1>", answer.Text);
        Assert.Contains("Anna", answer.Text);
    }

    [Fact]
    public async Task A_wrong_key_is_refused_and_gives_no_session()
    {
        using var stranger = Visitor.Of(_app);
        var answer = await stranger.Send("sign-in", "sign-in", ("key", "wrong"));

        Assert.Equal(HttpStatusCode.Unauthorized, answer.Status);
        Assert.Contains("This key is not valid.", answer.Text);
        Assert.Contains("sign-in", (await stranger.Open("fleet")).At.ToString());
    }

    [Fact]
    public async Task A_form_without_the_token_of_its_session_changes_nothing()
    {
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        var answer = await visitor.Post("sign-out");

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(HttpStatusCode.OK, (await visitor.Open("fleet.json")).Status);
    }

    [Fact]
    public async Task After_the_sign_out_the_session_is_over()
    {
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        await visitor.Send("fleet", "sign-out");

        Assert.Equal(HttpStatusCode.Unauthorized, (await visitor.Open("fleet.json")).Status);
    }
}
