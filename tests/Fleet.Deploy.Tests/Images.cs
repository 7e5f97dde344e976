namespace Fleet.Deploy.Tests;

/// <summary>Names of images.</summary>
internal static class Images
{
    /// <summary>An image without a version would be a different one next year.</summary>
    public static void HasVersion(string image)
    {
        var name = image[(image.LastIndexOf('/') + 1)..];
        Assert.Contains(':', name);
        Assert.NotEqual("latest", name.Split(':')[1]);
    }
}
