using Fleet.Server;

await FleetNode.Build(args).RunAsync();
