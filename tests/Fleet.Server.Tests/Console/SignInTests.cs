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

    [Theory]
    [InlineData("key=a%00")]
    [InlineData("key=%ff%fe&person=%")]
    public async Task A_form_that_cannot_be_read_is_the_mistake_of_its_sender(string form)
    {
        using var stranger = Visitor.Of(_app);
        var answer = await stranger.PostText("sign-in", form);
        var fields = string.Join('&', Enumerable.Range(0, 2_000).Select(i => $"a{i}="));
        var many = await stranger.PostText("sign-in", fields);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(HttpStatusCode.BadRequest, many.Status);
    }

    [Fact]
    public async Task A_name_of_any_letters_is_kept_as_far_as_it_fits()
    {
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key, new string('x', 199) + "\U0001F600\u0007");

        Assert.Contains(new string('x', 199), (await visitor.Open("sessions.json")).Text);
    }

    [Theory]
    [InlineData("//evil.example")]
    [InlineData("\u0001//evil.example")]
    [InlineData("https://evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("../evil")]
    public async Task After_the_sign_in_a_browser_never_goes_to_another_site(string to)
    {
        using var visitor = Visitor.Of(_app);
        var welcome = await visitor.Send("sign-in", "sign-in", ("key", FleetApp.Key), ("to", to));

        Assert.Contains("url=/console/\"", welcome.Text);
        Assert.DoesNotContain("evil", welcome.Text);
    }
}
